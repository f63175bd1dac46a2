"""Entra ID over HTTP: OpenID metadata, keys, authorize, token, Graph, and Bot Framework's tokens.

The page to sign in on lists sample people; `login_hint` picks one without it.

Source: learn.microsoft.com, "OAuth 2.0 authorization code flow".
"""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self
from urllib.parse import urlencode

from aiohttp import web

from stand_ins.entra import page
from stand_ins.entra.directory import CLIENT_ID, CLIENT_SECRET, TENANT, Directory
from stand_ins.entra.grants import Grants
from stand_ins.entra.graph import Graph
from stand_ins.entra.keys import Signer
from stand_ins.entra.token_service import TokenService
from stand_ins.server import Settings
from stand_ins.web import Site


@dataclass
class EntraServer(Directory):
    """The directory, served. `tokens` is the token service of Bot Framework beside it."""

    port: int = 0

    def __post_init__(self) -> None:
        self._site = Site(self.port)
        self._grants = Grants(self)
        self.tokens = TokenService(self, lambda: self._site.url)

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
            "FABRIC_TEAMS_TOKEN_SERVICE_URL": self._site.url,
        }

    async def __aenter__(self) -> Self:
        self._folder = TemporaryDirectory()
        self.signer = Signer(Path(self._folder.name), TENANT)
        app = web.Application()
        app.add_routes(
            [
                web.get(f"/{TENANT}/v2.0/.well-known/openid-configuration", self._metadata),
                web.get(f"/{TENANT}/discovery/v2.0/keys", self._keys),
                web.get(f"/{TENANT}/oauth2/v2.0/authorize", self._authorize),
                web.post(f"/{TENANT}/oauth2/v2.0/token", self._grants.token),
                *Graph(self).routes(),
                *self.tokens.routes(),
            ]
        )
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
        person = self.named(query.get("login_hint", ""))
        if person is None:
            return page.choose(request, self.people)
        nonce, challenge = query.get("nonce", ""), query.get("code_challenge", "")
        code = self._grants.code(person, back, nonce, challenge)
        raise web.HTTPFound(f"{back}?{urlencode({'code': code, 'state': state})}")
