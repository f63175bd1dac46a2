"""Entra ID over HTTP, as far as signing in goes: OpenID metadata, keys, authorize, token, Graph.

The page to sign in on lists sample people; `login_hint` picks one without it.

Source: learn.microsoft.com, "OAuth 2.0 authorization code flow"; RFC 7636.
"""

import base64
import html
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self
from urllib.parse import urlencode

from aiohttp import web

from stand_ins.entra.keys import Signer
from stand_ins.entra.people import PEOPLE, Sample
from stand_ins.entra.tokens import access_token, id_token
from stand_ins.server import Settings
from stand_ins.web import Site

TENANT = "c0a7c0de-0000-4000-8000-000000000001"
CLIENT_ID = "b0f0b0f0-0000-4000-8000-000000000002"
CLIENT_SECRET = "entra-secret"
GRAPH = "https://graph.microsoft.com"
MOST_GROUPS = 200
"""A token with more than these names none, and refers to Graph."""

CODE_SECONDS = 600
PAGE = 100


@dataclass(frozen=True, slots=True)
class Grant:
    """What a code is good for, once."""

    person: Sample
    redirect_uri: str
    nonce: str
    challenge: str
    expires: float


@dataclass
class EntraServer:
    """`people` may sign in. `refuses` is an error that authorize answers to everybody.

    `graph_status` is what Graph answers with.
    """

    port: int = 0
    people: tuple[Sample, ...] = PEOPLE
    refuses: str = ""
    graph_status: int = 200
    clock: Callable[[], float] = time.time
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._site = Site(self.port)
        self._codes: dict[str, Grant] = {}
        self._graph: dict[str, Sample] = {}

    @property
    def address(self) -> str:
        return self._site.url

    @property
    def authority(self) -> str:
        return f"{self._site.url}/{TENANT}/v2.0"

    @property
    def settings(self) -> Settings:
        return {
            "FABRIC_SIGN_IN_AUTHORITY": self.authority,
            "FABRIC_SIGN_IN_CLIENT_ID": CLIENT_ID,
            "FABRIC_SIGN_IN_CLIENT_SECRET": CLIENT_SECRET,
            "FABRIC_GRAPH_URL": f"{self._site.url}/v1.0",
        }

    async def __aenter__(self) -> Self:
        self._folder = TemporaryDirectory()
        self.signer = Signer(Path(self._folder.name), TENANT)
        app = web.Application()
        router = app.router
        router.add_get(f"/{TENANT}/v2.0/.well-known/openid-configuration", self._metadata)
        router.add_get(f"/{TENANT}/discovery/v2.0/keys", self._keys)
        router.add_get(f"/{TENANT}/oauth2/v2.0/authorize", self._authorize)
        router.add_post(f"/{TENANT}/oauth2/v2.0/token", self._token)
        router.add_get("/v1.0/me/memberOf", self._member_of)
        await self._site.open(app)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._site.close()
        self._folder.cleanup()

    async def _metadata(self, request: web.Request) -> web.Response:
        base = f"{self._site.url}/{TENANT}"
        return web.json_response(
            {
                "issuer": self.signer.issuer,
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "jwks_uri": f"{base}/discovery/v2.0/keys",
                "id_token_signing_alg_values_supported": ["RS256"],
            }
        )

    async def _keys(self, request: web.Request) -> web.Response:
        return web.json_response(self.signer.key_set())

    async def _authorize(self, request: web.Request) -> web.Response:
        query = request.query
        if query.get("client_id") != CLIENT_ID or query.get("response_type") != "code":
            return web.Response(status=400, text="AADSTS700016: no such client, or no code flow")
        back, state = query.get("redirect_uri", ""), query.get("state", "")
        if self.refuses:
            error = {"error": "access_denied", "error_description": self.refuses, "state": state}
            raise web.HTTPFound(f"{back}?{urlencode(error)}")
        person = self._named(query.get("login_hint", ""))
        if person is None:
            return self._page(request)
        code = secrets.token_urlsafe(32)
        self._codes[code] = Grant(
            person,
            back,
            query.get("nonce", ""),
            query.get("code_challenge", ""),
            self.clock() + CODE_SECONDS,
        )
        raise web.HTTPFound(f"{back}?{urlencode({'code': code, 'state': state})}")

    def _page(self, request: web.Request) -> web.Response:
        rows = "".join(
            f'<li><a href="{html.escape(str(request.rel_url.update_query(login_hint=p.login)))}">'
            f"{html.escape(p.name)}</a>, {html.escape(p.part)}</li>"
            for p in self.people
        )
        return web.Response(
            text='<!doctype html><meta charset="utf-8"><meta name="viewport" '
            'content="width=device-width, initial-scale=1"><title>Sign in</title>'
            "<style>body{font:1rem/1.6 system-ui,sans-serif;margin:2rem;color-scheme:light dark}"
            f"</style><h1>Who are you?</h1><ul>{rows}</ul>",
            content_type="text/html",
        )

    async def _token(self, request: web.Request) -> web.Response:
        form: dict[str, Any] = dict(await request.post())
        self.asked.append(str(form.get("grant_type")))
        if form.get("client_id") != CLIENT_ID or form.get("client_secret") != CLIENT_SECRET:
            return _error("invalid_client", 7000215, 401)
        if form.get("grant_type") != "authorization_code":
            return _error("unsupported_grant_type", 70003)
        grant = self._codes.pop(str(form.get("code")), None)
        if grant is None or grant.expires <= self.clock():
            return _error("invalid_grant", 54005)
        if grant.redirect_uri != form.get("redirect_uri"):
            return _error("invalid_grant", 50011)
        if not _proves(str(form.get("code_verifier", "")), grant.challenge):
            return _error("invalid_grant", 501481)
        subject, many = grant.person.subject, len(grant.person.groups) > MOST_GROUPS
        issued = access_token(self.signer, subject, GRAPH, clock=self.clock)
        self._graph[issued] = grant.person
        identity = id_token(
            self.signer, subject, CLIENT_ID, nonce=grant.nonce, overage=many, clock=self.clock
        )
        return web.json_response(
            {
                "token_type": "Bearer",
                "expires_in": 3600,
                "access_token": issued,
                "id_token": identity,
            }
        )

    async def _member_of(self, request: web.Request) -> web.Response:
        self.asked.append("memberOf")
        person = self._graph.get(request.headers.get("authorization", "").removeprefix("Bearer "))
        if person is None:
            return web.json_response({"error": {"code": "InvalidAuthenticationToken"}}, status=401)
        if self.graph_status != 200:
            return web.json_response({"error": {}}, status=self.graph_status)
        start = int(request.query.get("$skiptoken", "0"))
        page = {"value": [{"id": id} for id in person.groups[start : start + PAGE]]}
        more: dict[str, Any] = {}
        if start + PAGE < len(person.groups):
            link = f"{self._site.url}/v1.0/me/memberOf?$skiptoken={start + PAGE}"
            more = {"@odata.nextLink": link}
        return web.json_response({**page, **more})

    def _named(self, login: str) -> Sample | None:
        return next((person for person in self.people if person.login == login), None)


def _proves(verifier: str, challenge: str) -> bool:
    made = base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    return secrets.compare_digest(made, challenge)


def _error(error: str, code: int, status: int = 400) -> web.Response:
    body = {"error": error, "error_codes": [code], "error_description": f"AADSTS{code}: ..."}
    return web.json_response(body, status=status)
