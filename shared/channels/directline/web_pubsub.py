"""Direct Line's WebSocket in the cloud: Azure Web PubSub holds the sockets, the app tells it news.

A page connects with a token for its conversation's group; the service then calls the app's
`directline_stream`, and that one socket is told what was said after its watermark. What is said
meanwhile may come twice, with one id.

Source: learn.microsoft.com, Web PubSub data plane REST API 2024-01-01, "CloudEvents extension
for Web PubSub event handler".
"""

import asyncio
import hashlib
import hmac
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

from shared.activity import Activity
from shared.channels.directline.token import LIFETIME
from shared.clients.http import HttpClient, Response
from shared.errors import Rejected, Unavailable
from shared.observability import log
from shared.ports.channel import Request

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential

VERSION = "2024-01-01"
SCOPE = "https://webpubsub.azure.com/.default"
CONNECTED = "azure.webpubsub.sys.connected"
TOKEN_TIMEOUT_SECONDS = 5.0
CALL_LIFETIME_SECONDS = 60


class WebPubSub:
    """The streams of one hub. `key` is the service's access key; without it the app's identity."""

    def __init__(
        self,
        endpoint: str,
        hub: str,
        http: HttpClient,
        *,
        key: str = "",
        credential: "Callable[[], AsyncTokenCredential]",
    ) -> None:
        self._endpoint = endpoint
        self._hub = hub
        self._http = http
        self._key = key
        self._credential = credential

    @property
    def host(self) -> str:
        return urlsplit(self._endpoint).netloc

    async def url(self, request: Request, conversation: str, secret: str, watermark: str) -> str:
        """Return a socket's address; its user name says what is to be told first."""
        user = f"{conversation}.{watermark or 0}"
        token = await self._client_token(user, conversation)
        scheme = "wss" if self._endpoint.startswith("https:") else "ws"
        query = urlencode({"access_token": token})
        return f"{scheme}://{self.host}/client/hubs/{self._hub}?{query}"

    async def said(self, conversation: str, activity: Activity, number: int) -> None:
        """Tell every socket of the conversation. It is logged already: who misses it comes back."""
        try:
            await self._send(f"groups/{conversation}", [activity], number)
        except Unavailable as error:
            log.warning("web.not_streamed", reason=str(error))

    async def greet(self, connection: str, activities: Sequence[Activity], last: int) -> None:
        """Tell one socket what it has missed. Raises Unavailable."""
        await self._send(f"connections/{quote(connection, safe='')}", activities, last)

    def joined(self, headers: Mapping[str, str]) -> tuple[str, str, int] | None:
        """Read who has connected: connection, conversation and watermark; None for other events.

        Raises Rejected (401) for what the service has not signed.
        """
        connection = headers.get("ce-connectionid", "")
        if self._key and not self._is_signed(connection, headers.get("ce-signature", "")):
            raise Rejected(401, "stream_signature")
        conversation, _, watermark = headers.get("ce-userid", "").rpartition(".")
        if headers.get("ce-type") != CONNECTED or headers.get("ce-hub") != self._hub:
            return None
        if not connection or not conversation or not watermark.isdecimal():
            raise Rejected(400, "stream_event")
        return connection, conversation, int(watermark)

    def _is_signed(self, connection: str, signatures: str) -> bool:
        digest = hmac.new(self._key.encode(), connection.encode(), hashlib.sha256).hexdigest()
        given = [one.strip() for one in signatures.split(",")]
        return any(hmac.compare_digest(one, f"sha256={digest}") for one in given if one.isascii())

    async def _client_token(self, user: str, group: str) -> str:
        audience = f"{self._endpoint}/client/hubs/{self._hub}"
        if self._key:
            return self._signed(audience, LIFETIME, {"sub": user, "webpubsub.group": [group]})
        answer = await self._call(
            ":generateToken", userId=user, group=group, minutesToExpire=str(LIFETIME // 60)
        )
        token = (answer.json() or {}).get("token")
        if not isinstance(token, str):
            raise Unavailable("Web PubSub gives no token")
        return token

    async def _send(self, whom: str, activities: Sequence[Activity], last: int) -> None:
        said = {"activities": [dict(one) for one in activities], "watermark": str(last)}
        await self._call(f"{whom}/:send", said)

    async def _call(self, path: str, body: Any = None, **query: str) -> Response:
        """Raises Unavailable for any answer but success."""
        url = f"{self._endpoint}/api/hubs/{self._hub}/{path}"
        full = f"{url}?{urlencode({**query, 'api-version': VERSION})}"
        bearer = self._signed(url, CALL_LIFETIME_SECONDS) if self._key else await self._token()
        headers = {"Authorization": f"Bearer {bearer}"}
        response = await self._http.request("POST", full, headers=headers, json=body)
        if response.status >= 300:
            raise Unavailable(f"Web PubSub: {response.status}")
        return response

    def _signed(self, audience: str, seconds: int, claims: Mapping[str, Any] | None = None) -> str:
        import jwt

        now = int(time.time())
        return jwt.encode(
            {"aud": audience, "iat": now, "exp": now + seconds, **(claims or {})},
            self._key,
            algorithm="HS256",
        )

    async def _token(self) -> str:
        from azure.core.exceptions import AzureError

        try:
            async with asyncio.timeout(TOKEN_TIMEOUT_SECONDS):
                return (await self._credential().get_token(SCOPE)).token
        except (AzureError, TimeoutError) as error:
            raise Unavailable(f"no token for Web PubSub ({type(error).__name__})") from error
