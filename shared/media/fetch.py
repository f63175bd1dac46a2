"""The guarded fetcher: bytes from an allowed host or to one, never a private place.

Every hop of a redirect is checked like the first. A name is looked up for each connection, and
the connection goes to what was checked, so a name that changes its mind gains nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urljoin, urlsplit

from shared.errors import Unavailable
from shared.media.guarded_resolver import Forbidden, guarded
from shared.media.place import Place, check, is_public
from shared.media.unread import Reason, Unread

if TYPE_CHECKING:
    from ssl import SSLContext

    from aiohttp import ClientResponse, ClientSession
    from aiohttp.abc import AbstractResolver

MAX_BYTES = 20_000_000
TIMEOUT_SECONDS = 30.0
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_LATER = frozenset({408, 429})
_CLOSED = frozenset({404, 409, 410, 416})

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was there; header names in lower case."""

    body: bytes = field(repr=False)
    headers: Mapping[str, str]


class Fetcher:
    """Fetches without cookies, proxies or compression.

    `resolver` finds addresses, `public` says which of them may be spoken to, `tls` whom to trust.
    """

    def __init__(
        self,
        *,
        resolver: "AbstractResolver | None" = None,
        public: Callable[[str], bool] = is_public,
        tls: "SSLContext | None" = None,
        max_bytes: int = MAX_BYTES,
        seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        self._resolver = resolver
        self._public = public
        self._tls = tls
        self._max_bytes = max_bytes
        self._seconds = seconds

    async def fetch(self, place: Place) -> bytes:
        """The bytes at `place`.

        Raises Unread when they cannot be had, Unavailable when they may be later.
        """
        fetched = await self.fetch_changed(place)
        if fetched is None:
            raise Unread(Reason.GONE, "the file's host answers 304")
        return fetched.body

    async def fetch_changed(self, place: Place) -> Fetched | None:
        """The same with headers; None when the host says that a condition in `headers` holds."""
        return await self._guarded(place, self._follow)

    async def put(self, place: Place, content: bytes, *, closed_is_done: bool = False) -> None:
        """Upload the bytes to `place`, all at once; no redirect is followed.

        `closed_is_done` when an earlier try may have filled the place. Raises as `fetch`.
        """

        async def send(session: "ClientSession", place: Place) -> None:
            from yarl import URL

            last = len(content) - 1
            headers = {
                **place.headers,
                "content-range": f"bytes 0-{last}/{len(content)}",
                "content-type": "application/octet-stream",
            }
            async with session.put(
                URL(place.url, encoded=True), data=content, headers=headers, allow_redirects=False
            ) as response:
                status = response.status
                if status in _LATER or status >= 500:
                    raise Unavailable(f"the file's place answers {status}")
                if status in _CLOSED and closed_is_done:
                    return
                if not 200 <= status < 300:
                    raise Unread(Reason.GONE, f"the file's place answers {status}")

        await self._guarded(place, send)

    async def _guarded(
        self, place: Place, work: "Callable[[ClientSession, Place], Awaitable[T]]"
    ) -> T:
        check(place.url, place)
        from aiohttp import ClientConnectorError, ClientError

        host = urlsplit(place.url).hostname
        try:
            async with asyncio.timeout(self._seconds), self._session(place) as session:
                return await work(session, place)
        except ClientConnectorError as error:
            if isinstance(error.os_error, Forbidden):
                raise Unread(Reason.GONE, "refused a name that leads to a private place") from None
            raise Unavailable(f"no connection to {host}") from None
        except (ClientError, TimeoutError, OSError) as error:
            raise Unavailable(f"{type(error).__name__} from {host}") from None

    def _session(self, place: Place) -> "ClientSession":
        from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, TCPConnector
        from aiohttp.resolver import ThreadedResolver

        resolver = guarded(
            self._resolver or ThreadedResolver(), self._public, loopback=place.loopback
        )
        tls = True if self._tls is None else self._tls
        return ClientSession(
            timeout=ClientTimeout(total=self._seconds),
            connector=TCPConnector(resolver=resolver, use_dns_cache=False, ssl=tls),
            cookie_jar=DummyCookieJar(),
            auto_decompress=False,
            headers={"accept-encoding": "identity"},
        )

    async def _follow(self, session: "ClientSession", place: Place) -> Fetched | None:
        from yarl import URL

        url = place.url
        for _ in range(place.redirects + 1):
            check(url, place)
            own = _origin(url) == _origin(place.url)
            async with session.get(
                URL(url, encoded=True),
                headers=place.headers if own else None,
                allow_redirects=False,
            ) as response:
                if response.status not in _REDIRECTS:
                    return await self._content(response)
                url = urljoin(url, response.headers.get("location", "")).partition("#")[0]
        raise Unread(Reason.GONE, "redirected too often")

    async def _content(self, response: "ClientResponse") -> Fetched | None:
        status = response.status
        if status == 304:
            return None
        if status in _LATER or status >= 500:
            raise Unavailable(f"the file's host answers {status}")
        if status != 200:
            raise Unread(Reason.GONE, f"the file's host answers {status}", status=status)
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            raise Unread(Reason.GONE, "came compressed although that was not asked for")
        if (response.content_length or 0) > self._max_bytes:
            raise Unread(Reason.TOO_BIG, f"over {self._max_bytes:,} bytes")
        received = bytearray()
        async for chunk in response.content.iter_any():
            received += chunk
            if len(received) > self._max_bytes:
                raise Unread(Reason.TOO_BIG, f"over {self._max_bytes:,} bytes")
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Fetched(bytes(received), headers)


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme.lower(), parts.netloc.lower()
