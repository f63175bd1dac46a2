"""People sign in with Entra ID: OpenID Connect's code flow, with PKCE and a client secret.

Source: learn.microsoft.com, "OAuth 2.0 authorization code flow".
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from shared.clients.http import HttpClient
from shared.errors import Rejected
from shared.identity import groups
from shared.identity.directory import Directory, EntraRefusal
from shared.identity.on_behalf import OnBehalf
from shared.person import Person
from shared.settings import Settings


@dataclass(frozen=True, slots=True)
class Arrival:
    """Who signed in, and with what our app may speak for them."""

    person: Person
    token: str = field(repr=False)


class SignIn:
    """How people become known: by a code of their browser, or a token that is about them."""

    def __init__(
        self, settings: Settings, http: HttpClient, directory: Directory, on_behalf: OnBehalf
    ) -> None:
        self._settings, self._http = settings, http
        self._directory, self._on_behalf = directory, on_behalf

    @property
    def redirect_uri(self) -> str:
        """Where Entra sends the browser back to; the app's registration has to list it."""
        return f"{self._settings.public_url}/api/sign-in/callback"

    @property
    def scope(self) -> str:
        """A token for our own app comes along, which it can exchange for others'."""
        return f"openid profile {self._directory.client_id}/.default"

    async def address(self, *, state: str, nonce: str, verifier: str) -> str:
        """Return where a browser goes to sign in. Raises Unavailable."""
        challenge = sha256(verifier.encode()).digest()
        query = {
            "client_id": self._directory.client_id,
            "response_type": "code",
            "redirect_uri": self.redirect_uri,
            "response_mode": "query",
            "scope": self.scope,
            "state": state,
            "nonce": nonce,
            "code_challenge": base64.urlsafe_b64encode(challenge).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        return f"{await self._directory.endpoint('authorization_endpoint')}?{urlencode(query)}"

    async def redeem(self, code: str, *, nonce: str, verifier: str) -> Arrival:
        """Exchange a code for who signed in, with all their groups.

        Raises Rejected 400 for a code that Entra refuses, Unavailable when it cannot be asked.
        """
        try:
            tokens = await self._directory.grant(
                grant_type="authorization_code",
                code=code,
                redirect_uri=self.redirect_uri,
                code_verifier=verifier,
                scope=self.scope,
            )
        except EntraRefusal as refusal:
            raise _refused(refusal) from None
        identity = str(tokens.get("id_token", ""))
        claims = await self._directory.claims(identity, [self._directory.client_id])
        if claims.get("nonce") != nonce:
            raise Rejected(400, "sign_in_nonce")
        token = str(tokens.get("access_token", ""))
        return Arrival(await self._person(claims, token), token)

    async def person(self, token: str) -> Person:
        """Find out whom a token for our own app is about, with all their groups.

        Raises Rejected 400 for one that is not ours, Unavailable when it cannot be checked.
        """
        id = self._directory.client_id
        claims = await self._directory.claims(token, [id, f"api://{id}", f"api://botid-{id}"])
        if claims.get("idtyp") == "app":
            raise Rejected(400, "sign_in_nobody")
        return await self._person(claims, token)

    async def _person(self, claims: Mapping[str, Any], token: str) -> Person:
        held: frozenset[str] | None = groups.named(claims)
        if groups.are_too_many(claims):
            try:
                graph_token = await self._on_behalf.token(token, groups.GRAPH_SCOPE)
            except EntraRefusal as refusal:
                raise _refused(refusal) from None
            held = await groups.of_graph(self._http, self._settings.graph_url, graph_token)
        if held is None:
            raise Rejected(400, "sign_in_nobody")
        return Person(claims["oid"], claims["tid"], str(claims.get("name", ""))[:100], held)


def _refused(refusal: EntraRefusal) -> Rejected:
    return Rejected(400, f"sign_in_refused_{refusal.code or 'without_code'}")
