"""The one HTTP client: aiohttp, imported on the first call.

It follows no redirect, caps what it reads, and turns what goes wrong on the way into
`Unavailable`; the caller judges the status.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from math import isfinite
from time import time
from typing import TYPE_CHECKING, Any

from shared import wire
from shared.errors import Unavailable
from shared.parse import storable

if TYPE_CHECKING:
    from aiohttp import ClientSession

MAX_RESPONSE_BYTES = 1_048_576

LONGEST = 3600.0
"""Seconds of a Retry-After that are believed: more would hold a conversation for ever."""


@dataclass(frozen=True, slots=True)
class Response:
    """Status, header names in lower case, body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON that can be stored (`parse.storable`), or None when it is not."""
        try:
            return storable(json.loads(self.body))
        except (ValueError, RecursionError):
            return None

    @property
    def is_page(self) -> bool:
        """Whether something on the way answered with markup, where JSON is spoken."""
        return self.body.lstrip()[:1] == b"<"

    @property
    def retry_after(self) -> float | None:
        """Seconds, or None when the answer asks for none that can be read."""
        return retry_after(self.headers.get("retry-after", ""))


def retry_after(value: str) -> float | None:
    """Seconds that a `Retry-After` of either form asks for, at most `LONGEST`; None for neither.

    Source: RFC 9110 10.2.3; a fraction of seconds is read too.
    """
    value = value.strip()
    try:
        seconds = (
            float(value)
            if value.replace(".", "", 1).isdecimal()
            else parsedate_to_datetime(value).timestamp() - time()
        )
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(0.0, seconds), LONGEST)


def retry_after_ms(value: str) -> float | None:
    """The same, in seconds, for headers that give milliseconds."""
    with suppress(ValueError):
        if isfinite(seconds := float(value) / 1000):
            return min(max(0.0, seconds), LONGEST)
    return None


class HttpClient:
    """A connection pool for the event loop it is first used on.

    `timeout`: seconds, whole call. `max_bytes`: what an answer may have.
    """

    def __init__(self, *, timeout: float = 10, max_bytes: int = MAX_RESPONSE_BYTES) -> None:
        self._timeout, self._max_bytes = timeout, max_bytes
        self._session: ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        body: bytes | None = None,
        until: Callable[[bytes], bool] | None = None,
    ) -> Response:
        """Send to `url` as it stands, percent-encoding untouched, and read whole, or `until`.

        The body is `json`, a `form`, or the bytes of `body` as they are.

        Raises Unavailable when no complete answer came, ValueError for an URL that is none.
        """
        from aiohttp import ClientConnectorError, ClientError
        from yarl import URL

        if json is not None:
            body, headers = wire.dumps(json).encode(), _of_json(headers or {})
        try:
            async with self._open().request(
                method,
                URL(url, encoded=True),
                headers=headers,
                data=form if body is None else body,
                allow_redirects=False,
            ) as response:
                received = bytearray()
                while chunk := await response.content.readany():
                    received += chunk
                    if len(received) > self._max_bytes:
                        size = f"{self._max_bytes // 1_048_576} MiB"
                        raise Unavailable(f"answer over {size} from {_host(url)}", maybe_done=True)
                    if until is not None and until(bytes(received)):
                        break
                return Response(
                    response.status,
                    {name.lower(): value for name, value in response.headers.items()},
                    bytes(received),
                )
        except ClientConnectorError as error:
            raise Unavailable(f"no connection to {_host(url)}") from error
        except (ClientError, TimeoutError, OSError) as error:
            raise Unavailable(
                f"{type(error).__name__} from {_host(url)}", maybe_done=True
            ) from error

    def _open(self) -> "ClientSession":
        loop = asyncio.get_running_loop()
        if self._session is None or self._loop is not loop or self._session.closed:
            from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, TCPConnector

            self._loop = loop
            self._session = ClientSession(
                timeout=ClientTimeout(total=self._timeout),
                connector=TCPConnector(limit=100),
                cookie_jar=DummyCookieJar(),
            )
        return self._session

    async def close(self) -> None:
        if self._session is not None and self._loop is asyncio.get_running_loop():
            await self._session.close()
        self._session = None


def _of_json(headers: Mapping[str, str]) -> Mapping[str, str]:
    """Return the headers of a body in JSON, which may say themselves what kind of JSON it is."""
    if any(name.lower() == "content-type" for name in headers):
        return headers
    return {"content-type": "application/json", **headers}


def _host(url: str) -> str:
    from urllib.parse import urlsplit

    return urlsplit(url).netloc
