"""The token endpoint: codes with PKCE, refresh tokens, on behalf of somebody, and for an app.

Source: learn.microsoft.com, "OAuth 2.0 authorization code flow", "On-Behalf-Of flow", "client
credentials flow"; RFC 7636, RFC 7523.
"""

import base64
import secrets
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from aiohttp import web

from stand_ins.entra.directory import (
    CLIENT_ID,
    CLIENT_SECRET,
    GRAPH,
    MOST_GROUPS,
    Directory,
)
from stand_ins.entra.people import Sample
from stand_ins.entra.tokens import LIFETIME_SECONDS, app_token, id_token

CODE_SECONDS = 600
ON_BEHALF_OF = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_OWN_NAMES = ("api://", "api://botid-")


@dataclass(frozen=True, slots=True)
class Code:
    """What a code is good for, once."""

    login: str
    redirect_uri: str
    nonce: str
    challenge: str
    expires: float


class Refusal(Exception):
    """An error as Entra answers it."""

    def __init__(self, error: str, code: int, status: int = 400) -> None:
        super().__init__(error)
        self.body = {
            "error": error,
            "error_codes": [code],
            "error_description": f"AADSTS{code}: ...",
        }
        self.status = status


class Grants:
    """The tokens of one directory, for the app `CLIENT_ID`."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._codes: dict[str, Code] = {}
        self._refresh: dict[str, str] = {}

    def code(self, person: Sample, redirect_uri: str, nonce: str, challenge: str) -> str:
        """Make a code for who signed in."""
        code = secrets.token_urlsafe(32)
        expires = self._directory.clock() + CODE_SECONDS
        self._codes[code] = Code(person.login, redirect_uri, nonce, challenge, expires)
        return code

    async def token(self, request: web.Request) -> web.Response:
        form: dict[str, Any] = {name: str(value) for name, value in (await request.post()).items()}
        self._directory.asked.append(str(form.get("grant_type")))
        try:
            return web.json_response(self._granted(form))
        except Refusal as refusal:
            return web.json_response(refusal.body, status=refusal.status)

    def _granted(self, form: dict[str, str]) -> dict[str, Any]:
        if form.get("client_id") != CLIENT_ID or form.get("client_secret") != CLIENT_SECRET:
            raise Refusal("invalid_client", 7000215, 401)
        match form.get("grant_type"):
            case "authorization_code":
                code = self._redeemed(form)
                return self._for_person(code.login, form, nonce=code.nonce)
            case "refresh_token":
                login = self._refresh.get(form.get("refresh_token", ""))
                if login is None:
                    raise Refusal("invalid_grant", 9002313)
                return self._for_person(login, form)
            case grant if grant == ON_BEHALF_OF:
                return self._on_behalf(form)
            case "client_credentials":
                audience = form.get("scope", "").removesuffix("/.default")
                token = app_token(
                    self._directory.signer, CLIENT_ID, audience, clock=self._directory.clock
                )
                return _answer(token)
        raise Refusal("unsupported_grant_type", 70003)

    def _redeemed(self, form: dict[str, str]) -> Code:
        code = self._codes.pop(form.get("code", ""), None)
        if code is None or code.expires <= self._directory.clock():
            raise Refusal("invalid_grant", 54005)
        if code.redirect_uri != form.get("redirect_uri"):
            raise Refusal("invalid_grant", 50011)
        if not _proves(form.get("code_verifier", ""), code.challenge):
            raise Refusal("invalid_grant", 501481)
        return code

    def _for_person(self, login: str, form: dict[str, str], *, nonce: str = "") -> dict[str, Any]:
        directory, person = self._directory, self._directory.named(login)
        if person is None:
            raise Refusal("invalid_grant", 50034)
        scopes = form.get("scope", "").split()
        many = len(person.groups) > MOST_GROUPS
        identity = id_token(
            directory.signer,
            person.subject,
            CLIENT_ID,
            nonce=nonce,
            overage=many,
            clock=directory.clock,
        )
        answer = _answer(directory.access(person, _audience(scopes)), " ".join(scopes))
        if "offline_access" in scopes:
            answer["refresh_token"] = secrets.token_urlsafe(32)
            self._refresh[answer["refresh_token"]] = login
        return {**answer, "id_token": identity}

    def _on_behalf(self, form: dict[str, str]) -> dict[str, Any]:
        directory = self._directory
        if form.get("requested_token_use") != "on_behalf_of":
            raise Refusal("invalid_request", 900144)
        claims = directory.claims(form.get("assertion", ""), CLIENT_ID)
        if not claims:
            raise Refusal("invalid_grant", 500131)  # the assertion is not for this app, or old
        if directory.refuses_on_behalf:
            code = int(directory.refuses_on_behalf.removeprefix("AADSTS"))
            raise Refusal("interaction_required", code)
        person = directory.known(claims["oid"])
        if person is None:
            raise Refusal("invalid_grant", 50034)
        scopes = form.get("scope", "").split()
        return _answer(directory.access(person, _audience(scopes)), " ".join(scopes))


def _answer(token: str, scope: str = "") -> dict[str, Any]:
    answer: dict[str, Any] = {
        "token_type": "Bearer",
        "expires_in": LIFETIME_SECONDS,
        "access_token": token,
    }
    return {**answer, "scope": scope} if scope else answer


def _audience(scopes: list[str]) -> str:
    """Return the API that scopes are of: Graph's have no address."""
    addressed = next((scope for scope in scopes if "/" in scope), "")
    if not addressed or addressed.startswith(GRAPH):
        return GRAPH
    api = addressed.rpartition("/")[0]
    return CLIENT_ID if api in [f"{name}{CLIENT_ID}" for name in _OWN_NAMES] else api


def _proves(verifier: str, challenge: str) -> bool:
    made = base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    return secrets.compare_digest(made, challenge)
