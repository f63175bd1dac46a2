"""Facts through a custom topic of Azure Event Grid, as CloudEvents 1.0.

Source: learn.microsoft.com, "Publish events to Event Grid custom topics", "Event Grid quotas".
"""

import asyncio
import json
from collections.abc import Iterator
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from shared.clients.http import retry_after
from shared.errors import PermanentError, Unavailable
from shared.event import Event
from shared.observability import trace

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential
    from azure.core.exceptions import HttpResponseError
    from azure.eventgrid.aio import EventGridPublisherClient

MAX_BYTES = 1_000_000
"""Of one request; Event Grid takes 1 MB, of a single event too."""

BUDGET = 6.0
"""Seconds that one `publish` tries; then the outbox keeps the facts."""

ATTEMPT = 2.5
"""Seconds until a request without an answer counts as lost."""

PAUSE = 5.0
"""Seconds without a try after a spent budget: in an outage, not every turn waits that long."""

LONGEST_PAUSE = 60.0

SCOPE = "https://eventgrid.azure.net/.default"

_RIGHT = (
    "give the app's identity the role EventGrid Data Sender "
    "(d5a91429-5739-47e2-a06b-3470a27159e7) on the topic"
)


class _Misconfigured(Unavailable):
    """An operator can mend it; trying again within seconds cannot."""


class EventGridTopic:
    """The topic at `endpoint`, with its access `key` or a `credential`, which stays open.

    `budget`, `attempt` and `pause` in seconds.
    """

    def __init__(
        self,
        endpoint: str,
        *,
        key: str = "",
        credential: "AsyncTokenCredential | None" = None,
        budget: float = BUDGET,
        attempt: float = ATTEMPT,
        pause: float = PAUSE,
    ) -> None:
        self._budget, self._attempt, self._pause = budget, attempt, pause
        self._endpoint = endpoint
        self._key = key.strip()
        self._credential = credential
        self._client: EventGridPublisherClient | None = None
        self._closed_until = 0.0
        self._failure = ""

    async def publish(self, *events: Event) -> None:
        """Publish each with its own attributes and extensions, in requests of at most 1 MB.

        Raises Unavailable when the budget is spent or an operator has to mend something, and
        PermanentError for what the topic will never take. A part may have been published.
        """
        for batch in list(_batches(events)):
            if (rest := self._closed_until - monotonic()) > 0:
                raise Unavailable(self._failure, after=rest)
            try:
                await self._retrying(batch)
            except Unavailable as error:
                self._failure = str(error)
                self._closed_until = monotonic() + min(error.after or self._pause, LONGEST_PAUSE)
                raise
            self._failure = ""

    async def check(self) -> str:
        """Why the last publication failed, or whether the topic's host can be reached."""
        parts = urlsplit(self._endpoint)
        tls = parts.scheme == "https"
        try:
            async with asyncio.timeout(self._attempt):
                opened = asyncio.open_connection(
                    parts.hostname, parts.port or (443 if tls else 80), ssl=tls or None
                )
                _, writer = await opened
        except (OSError, TimeoutError) as error:
            return f"Event Grid: no connection to {parts.netloc} ({type(error).__name__})"
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
        return self._failure

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def _retrying(self, batch: list[dict[str, Any]]) -> None:
        """The one place that tries again; the SDK's own retries are off."""
        from tenacity import AsyncRetrying, retry_if_exception, stop_before_delay
        from tenacity import wait_random_exponential as exponential

        back_off = exponential(multiplier=0.2, max=2)

        def wait(state: Any) -> float:
            error = state.outcome.exception()
            return back_off(state) if error.after is None else float(error.after)

        def passes(error: BaseException) -> bool:
            return isinstance(error, Unavailable) and not isinstance(error, _Misconfigured)

        async for attempt in AsyncRetrying(
            stop=stop_before_delay(self._budget),
            wait=wait,
            retry=retry_if_exception(passes),
            reraise=True,
        ):
            with attempt:
                await self._try(batch)

    async def _try(self, batch: list[dict[str, Any]]) -> None:
        from azure.core.exceptions import AzureError, HttpResponseError, ServiceRequestError

        try:
            async with asyncio.timeout(self._attempt):
                options = await self._token()
                await self._open().send(batch, **options)
        except TimeoutError as error:
            raise Unavailable("Event Grid does not answer", maybe_done=True) from error
        except HttpResponseError as error:
            raise self._judged(error) from error
        except ServiceRequestError as error:
            raise Unavailable("no connection to Event Grid") from error
        except AzureError as error:
            name = type(error).__name__
            raise Unavailable(f"{name} from Event Grid", maybe_done=True) from error

    async def _token(self) -> dict[str, Any]:
        """What `send` needs beside; has the credential fetch its token, so that who fails is clear.

        The credential keeps the token. Plain http is loopback, where no stranger listens.
        """
        from azure.core.exceptions import AzureError

        if self._key or self._credential is None:
            return {}
        try:
            await self._credential.get_token(SCOPE)
        except AzureError as error:
            raise _Misconfigured(
                f"Event Grid: no token for the app ({type(error).__name__}); assign the identity "
                "of AZURE_CLIENT_ID to the Function App, or set FABRIC_EVENTS_KEY"
            ) from error
        return {"enforce_https": False} if self._endpoint.startswith("http:") else {}

    def _open(self) -> "EventGridPublisherClient":
        if self._client is None:
            from azure.core.credentials import AzureKeyCredential
            from azure.eventgrid.aio import EventGridPublisherClient

            credential = AzureKeyCredential(self._key) if self._key else self._credential
            if credential is None:
                raise _Misconfigured(f"Event Grid: set FABRIC_EVENTS_KEY, or {_RIGHT}")
            self._client = EventGridPublisherClient(
                self._endpoint, credential, retry_total=0, permit_redirects=False
            )
        return self._client

    def _judged(self, error: "HttpResponseError") -> Exception:
        """What an answer means; its text is not read, because it may repeat the fact."""
        from azure.core.exceptions import ResourceNotFoundError

        status = 404 if isinstance(error, ResourceNotFoundError) else error.status_code or 0
        if status in (401, 403):
            mend = "set FABRIC_EVENTS_KEY to a key of the topic"
            if not self._key:
                mend = f"{_RIGHT}, or set FABRIC_EVENTS_KEY"
            network = ", and let the app through the topic's network rules" * (status == 403)
            return _Misconfigured(f"Event Grid answers {status}; {mend}{network}")
        if status == 404 or 300 <= status < 400:
            return _Misconfigured(
                f"Event Grid answers {status}; set FABRIC_EVENTS_URL to the topic's endpoint: "
                "eventgrid://<topic-host>/api/events"
            )
        if status == 413:
            return PermanentError("fact_too_large", "Event Grid takes at most 1 MB")
        if status == 400:
            return PermanentError(
                "fact_refused",
                "Event Grid answers 400; the topic of FABRIC_EVENTS_URL must have the input "
                "schema CloudEventSchemaV1_0",
            )
        if status in (408, 429) or status >= 500:
            headers = getattr(error.response, "headers", {})
            return Unavailable(
                f"Event Grid answers {status}",
                after=retry_after(headers.get("Retry-After", "")),
                maybe_done=status > 499,
            )
        return PermanentError("fact_refused", f"Event Grid answers {status}")


def _batches(events: tuple[Event, ...]) -> Iterator[list[dict[str, Any]]]:
    """The envelopes in as few lists as stay below the limit; PermanentError for one above it."""
    batch: list[dict[str, Any]] = []
    size = 2
    for event in events:
        envelope = event.to_dict()
        envelope.setdefault("traceparent", trace.traceparent() or _new_trace())
        length = len(json.dumps(envelope)) + 2
        if length + 2 > MAX_BYTES:
            raise PermanentError(
                "fact_too_large",
                f"the fact {event.type} has {length} bytes, and Event Grid takes 1 MB; put what "
                "is large into a store and emit its id",
            )
        if size + length > MAX_BYTES:
            yield batch
            batch, size = [], 2
        batch.append(envelope)
        size += length
    if batch:
        yield batch


def _new_trace() -> str:
    """Without one of ours the SDK would add its own, and send a length that is then wrong."""
    with trace.span() as span:
        return span.traceparent
