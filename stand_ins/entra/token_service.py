"""The token service of Bot Framework: it keeps what people signed in with, by connection.

One connection setting of any name, for the app `CLIENT_ID`. Shapes as microsoft/Agents-for-python
calls them (`connector/client/user_token.py`, `agent_sign_in.py`).

Source: learn.microsoft.com, "Add single sign-on to a Teams bot".
"""

import base64
import json
import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from stand_ins.entra import page
from stand_ins.entra.directory import CLIENT_ID, Directory
from stand_ins.entra.tokens import LIFETIME_SECONDS

RESOURCE = f"api://botid-{CLIENT_ID}"
"""What a client of Teams asks its own token for."""

_SIGN_IN_PAGE = "/api/oauth/signin"


@dataclass(frozen=True, slots=True)
class Holder:
    """For whom a token is kept."""

    user: str
    connection: str
    channel: str


class TokenService:
    """`unconsented` are logins who have yet to agree to the app; `away` when it answers 503.

    `exchanged` counts the tokens of clients that were taken.
    """

    def __init__(self, directory: Directory, address: Callable[[], str]) -> None:
        self._directory, self._address = directory, address
        self._kept: dict[Holder, str] = {}
        self._links: dict[str, Holder] = {}
        self._codes: dict[str, tuple[Holder, str]] = {}
        self.unconsented: set[str] = set()
        self.away = False
        self.exchanged = 0

    def routes(self) -> list[web.RouteDef]:
        base = "/api/usertoken"
        return [
            web.get(f"{base}/GetToken", self._get),
            web.get(f"{base}/GetTokenOrSignInResource", self._get_or_resource),
            web.post(f"{base}/GetAadTokens", self._for_resources),
            web.post(f"{base}/exchange", self._exchange),
            web.delete(f"{base}/SignOut", self._sign_out),
            web.get(f"{base}/GetTokenStatus", self._status),
            web.get("/api/botsignin/GetSignInResource", self._resource),
            web.get("/api/botsignin/getSignInResource", self._resource),  # as some clients write it
            web.get(_SIGN_IN_PAGE, self._sign_in),
        ]

    @property
    def holders(self) -> set[str]:
        """Whose tokens are kept, by what their channel calls them."""
        return {holder.user for holder in self._kept}

    def client_token(self, login: str) -> str:
        """Return what a client of Teams has of who is signed in to it."""
        person = self._directory.named(login)
        if person is None:
            raise LookupError(login)
        return self._directory.access(person, CLIENT_ID)

    async def _get(self, request: web.Request) -> web.Response:
        if refusal := self._refusal(request):
            return refusal
        holder = _holder(request)
        if code := request.query.get("code"):
            meant, login = self._codes.get(code, (None, ""))
            if meant != holder:
                return web.Response(status=404)
            del self._codes[code]
            self._kept[holder] = login
        kept = self._token(holder)
        return web.json_response(kept) if kept else web.Response(status=404)

    async def _get_or_resource(self, request: web.Request) -> web.Response:
        if refusal := self._refusal(request):
            return refusal
        if kept := self._token(_holder(request)):
            return web.json_response({"tokenResponse": kept})
        if (resource := self._made(request)) is None:
            return _error("BadArgument", "state")
        return web.json_response({"signInResource": resource})

    async def _resource(self, request: web.Request) -> web.Response:
        resource = self._made(request)
        refusal = self._refusal(request)
        return refusal or (web.json_response(resource) if resource else _error("BadArgument", "x"))

    async def _for_resources(self, request: web.Request) -> web.Response:
        if refusal := self._refusal(request):
            return refusal
        login = self._kept.get(_holder(request), "")
        person, wanted = self._directory.named(login), (await request.json())["resourceUrls"]
        if person is None:
            return web.Response(status=404)
        tokens = {url: self._directory.access(person, url.rstrip("/")) for url in wanted}
        return web.json_response({url: {"token": token} for url, token in tokens.items()})

    async def _exchange(self, request: web.Request) -> web.Response:
        if refusal := self._refusal(request):
            return refusal
        token = str((await request.json()).get("token", ""))
        claims = self._directory.claims(token, CLIENT_ID)
        person = self._directory.known(str(claims.get("oid", "")))
        if person is None:
            return _error("InvalidExchangeToken", "the token cannot be exchanged")
        if person.login in self.unconsented:
            return _error("ConsentRequired", "Consent Required")
        self.exchanged += 1
        self._kept[_holder(request)] = person.login
        return web.json_response(self._token(_holder(request)))

    async def _sign_out(self, request: web.Request) -> web.Response:
        if refusal := self._refusal(request):
            return refusal
        given = _holder(request)
        for holder in list(self._kept):
            if holder.user == given.user and given.connection in ("", holder.connection):
                del self._kept[holder]
        return web.Response(status=200)

    async def _status(self, request: web.Request) -> web.Response:
        if refusal := self._refusal(request):
            return refusal
        given = _holder(request)
        found = [
            {
                "channelId": each.channel,
                "connectionName": each.connection,
                "hasToken": True,
                "serviceProviderDisplayName": "Azure Active Directory v2",
            }
            for each in self._kept
            if each.user == given.user and each.channel == given.channel
        ]
        return web.json_response(found)

    async def _sign_in(self, request: web.Request) -> web.Response:
        """The page behind a card's button; it ends with the code that Teams hands on."""
        holder = self._links.get(request.query.get("signin", ""))
        if holder is None:
            return page.page("<p>This link is not known.</p>", 404)
        person = self._directory.named(request.query.get("login_hint", ""))
        if person is None:
            return page.choose(request, self._directory.people)
        self.unconsented.discard(person.login)
        code = f"{secrets.randbelow(10**6):06d}"
        self._codes[code] = (holder, person.login)
        return page.page(f"<p>Type this into the chat:</p><code>{code}</code>")

    def _made(self, request: web.Request) -> dict[str, Any] | None:
        """Make a link to sign in for whom the state names."""
        try:
            state = json.loads(base64.b64decode(request.query.get("state", "")))
            said = state["conversation"]
            holder = Holder(said["user"]["id"], state["connectionName"], said["channelId"])
        except (ValueError, KeyError, TypeError):
            return None
        ticket = secrets.token_urlsafe(16)
        self._links[ticket] = holder
        exchange = {"id": str(uuid.uuid4()), "uri": RESOURCE, "providerId": str(uuid.uuid4())}
        link = f"{self._address()}{_SIGN_IN_PAGE}?signin={ticket}"
        post = {"sasUrl": f"{self._address()}/api/sas/posttoken/{ticket}"}
        return {
            "signInLink": link,
            "tokenExchangeResource": exchange,
            "tokenPostResource": post,
        }

    def _token(self, holder: Holder) -> dict[str, Any]:
        """Renew what is kept; {} for nothing, and for who is not in the directory any more."""
        person = self._directory.named(self._kept.get(holder, ""))
        if person is None:
            return {}
        token = self._directory.access(person, CLIENT_ID)
        ends = datetime.fromtimestamp(self._directory.clock() + LIFETIME_SECONDS, UTC)
        return {
            "channelId": holder.channel,
            "connectionName": holder.connection,
            "token": token,
            "expiration": ends.isoformat(),
        }

    def _refusal(self, request: web.Request) -> web.Response | None:
        if self.away:
            return web.Response(status=503)
        if not request.headers.get("authorization", "").startswith("Bearer "):
            return web.Response(status=401)
        return None


def _holder(request: web.Request) -> Holder:
    query = request.query
    return Holder(
        query.get("userId", ""), query.get("connectionName", ""), query.get("channelId", "")
    )


def _error(code: str, message: str) -> web.Response:
    return web.json_response({"error": {"code": code, "message": message}}, status=400)
