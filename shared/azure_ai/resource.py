"""One resource of Azure's AI services: who we are there, tries, breaker, its errors in our terms.

Trying in place is for hiccups; the queue does the long waiting. What the service wrote is never
repeated: it may quote what people said.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol

from shared.clients.breaker import Breaker
from shared.clients.http import HttpClient, Response
from shared.clients.patience import pause
from shared.errors import FabricError, Unavailable

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential
    from tenacity import RetryCallState

SCOPE = "https://cognitiveservices.azure.com/.default"

MENDING = 60.0
"""Seconds to leave a resource alone that is set up wrong."""

PATIENCE = 5.0
"""Seconds a call waits in place to be tried again; longer waits are for the queue."""

TRIES = 3

SLOW = 10.0
"""Seconds without an answer after which a caller who leaves counts as a failure."""

MAX_ANSWER_BYTES = 32 * 1_048_576
"""A page of a scan has up to a hundred kilobytes of positions with its text."""

_COME_BACK = frozenset({408, 425, 429, *range(500, 600)})
_KEY_HEADER = "Ocp-Apim-Subscription-Key"


class Key(Protocol):
    """Gives the key; another one than `refused`, if there is a newer."""

    async def __call__(self, *, refused: str = "") -> str: ...


@dataclass(frozen=True, slots=True)
class Service:
    """What a service is called, the settings of its resource, the role that opens it by identity.

    `seconds` is how long one call may take.
    """

    name: str
    url_setting: str
    key_setting: str
    role: str
    seconds: float


class Resource:
    """Without a `key` the app's identity opens it."""

    def __init__(
        self,
        service: Service,
        url: str,
        *,
        key: Key | None = None,
        credential: "Callable[[], AsyncTokenCredential]",
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.url = url
        self._service, self._key, self._credential, self._sleep = service, key, credential, sleep
        self._http = HttpClient(timeout=service.seconds, max_bytes=MAX_ANSWER_BYTES)
        self._breaker = Breaker(service.name)
        self._problem = ""

    async def request(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        body: bytes | None = None,
    ) -> Response:
        """What the service answers, which is about this request: done, or refused for good.

        Raises Unavailable when it is throttled, down, or set up wrongly.
        """
        from tenacity import AsyncRetrying, retry_if_exception

        def spent(state: "RetryCallState") -> bool:
            return state.attempt_number >= TRIES or state.upcoming_sleep > PATIENCE

        retrying = AsyncRetrying(
            retry=retry_if_exception(lambda e: isinstance(e, Unavailable) and not e.maybe_done),
            wait=pause,
            stop=spent,
            sleep=self._sleep,
            reraise=True,
        )
        return await retrying(self._guarded, method, path, headers or {}, json, body)

    async def check(self, method: str, path: str, *, json: Any = None) -> str:
        """ "" when the service knows us; the request is one that costs nothing."""
        if wait := self._breaker.wait():
            return f"{self._problem}; rests for {wait:.0f} s"
        try:
            await self._ask(method, path, {}, json, None)
        except Unavailable as error:
            return str(error)
        return ""

    async def close(self) -> None:
        await self._http.close()

    async def _guarded(
        self, method: str, path: str, headers: Mapping[str, str], json: Any, body: bytes | None
    ) -> Response:
        if not self._breaker.admit():
            raise Unavailable(f"{self._problem}; it rests", after=self._breaker.wait())
        began = monotonic()
        try:
            answer = await self._ask(method, path, headers, json, body)
        except Unavailable as error:
            self._breaker.failed(error.after)
            self._problem = str(error)
            raise
        except FabricError:
            self._breaker.succeeded()
            raise
        except BaseException:
            if monotonic() - began < SLOW:
                self._breaker.released()
            else:
                self._problem = f"{self._service.name} did not answer while somebody waited"
                self._breaker.failed()
            raise
        self._breaker.succeeded()
        return answer

    async def _ask(
        self, method: str, path: str, headers: Mapping[str, str], json: Any, body: bytes | None
    ) -> Response:
        known = await self._authorization()
        answer = await self._send(method, path, {**headers, **known}, json, body)
        if answer.status == 401 and self._key:
            newer = await self._authorization(refused=known[_KEY_HEADER])
            if newer != known:
                answer = await self._send(method, path, {**headers, **newer}, json, body)
        self._refuse(answer)
        return answer

    async def _send(
        self, method: str, path: str, headers: Mapping[str, str], json: Any, body: bytes | None
    ) -> Response:
        name = self._service.name
        try:
            return await self._http.request(
                method,
                f"{self.url}{path}",
                headers=headers,
                json=json,
                body=body,
            )
        except Unavailable as error:
            raise Unavailable(f"{name}: {error}", maybe_done=error.maybe_done) from error

    def _refuse(self, answer: Response) -> None:
        """Raises Unavailable for what has nothing to do with the request."""
        service, status = self._service, answer.status
        said = f"{service.name} answers {status}"
        if status in _COME_BACK:
            raise Unavailable(said, after=answer.retry_after)
        if status in (401, 403):
            mend = (
                f"check {service.key_setting}, or remove it and"
                if self._key
                else f"set {service.key_setting}, or"
            )
            raise Unavailable(
                f"{said}; {mend} give the app's identity the role {service.role}", after=MENDING
            )
        if status == 404 or 300 <= status < 400 or answer.is_page:
            raise Unavailable(
                f"{said}: no such resource; check {service.url_setting}", after=MENDING
            )

    async def _authorization(self, *, refused: str = "") -> Mapping[str, str]:
        if self._key:
            return {_KEY_HEADER: await self._key(refused=refused)}
        try:
            granted = await self._credential().get_token(SCOPE)
        except Exception as error:  # whatever an identity raises, there is no token
            raise Unavailable(
                f"Azure gave no token for {self._service.name} ({type(error).__name__}): set "
                f"{self._service.key_setting}, or give the app an identity with the role "
                f"{self._service.role}",
                after=MENDING,
            ) from None
        return {"Authorization": f"Bearer {granted.token}"}


def code_of(answer: Response) -> str:
    """The innermost code of an error: of `{"error": {...}}`, or of the object itself; "" without.

    Speech says `innerError`, Document Intelligence `innererror`, Translator numbers.
    """
    found = answer.json()
    error = found.get("error", found) if isinstance(found, dict) else None
    code = ""
    while isinstance(error, dict):
        code = str(error.get("code") or code)
        error = error.get("innererror") or error.get("innerError")
    return code if len(code) <= 64 and code.isascii() and code.isalnum() else ""
