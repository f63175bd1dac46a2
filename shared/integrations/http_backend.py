"""A backend over HTTP and JSON: limits, retries, and a circuit breaker around each call.

Retrying in place is for hiccups: it ends within `PATIENCE`, so that a person hears of an outage
at once, and the queue does the long waiting.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import uniform
from time import monotonic
from typing import Any
from urllib.parse import urlencode

from shared.clients.breaker import Breaker
from shared.clients.http import HttpClient, Response
from shared.errors import TransientError, Unavailable
from shared.integrations.access import Opener
from shared.integrations.gate import Gate
from shared.integrations.recent import Recent
from shared.manifest.backends import Declaration
from shared.observability import conventions as names
from shared.observability import log, meter, trace
from shared.observability.meter import BackendCall
from shared.ports.backend import BackendError, Call, OutcomeUnknown

PATIENCE = 5.0
"""Seconds after which a call is not tried again in place."""

MENDING = 30.0
"""Seconds to leave a backend alone that is set up wrong."""

LONGEST = 300.0
"""Seconds of a Retry-After that are believed."""

SLOW = 3.0
"""Seconds without an answer after which a caller who leaves counts as a failure."""

REPEATABLE = frozenset({"GET", "PUT", "DELETE"})
"""Methods that do the same once or twice (RFC 9110 9.2.2)."""

_COME_BACK = frozenset({408, 425, 429, *range(500, 600)})
_NOT_DONE = frozenset({401, 425, 429, 503})


@dataclass(slots=True)
class Record:
    """What the log tells of one call; `unsure` when an answer was lost, or may have been."""

    tries: int = 0
    status: int = 0
    unsure: bool = False
    outcome: str = "cancelled"


class HttpBackend:
    """One backend with its own connections, so that a slow one holds up nobody else's."""

    def __init__(
        self,
        name: str,
        declared: Declaration,
        access: Opener,
        *,
        url: str = "",
        tries: int = 0,
        clock: Callable[[], float] = monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """With a `url` it is called there, and so often in place as `tries` says."""
        self.name = name
        self._declared, self._access = declared, access
        self._url = (url or declared.url).rstrip("/")
        self._tries = tries or declared.tries
        self._clock, self._sleep = clock, sleep
        self._http = HttpClient(timeout=declared.timeout_seconds)
        self._gate = Gate(
            name, concurrency=declared.concurrency, per_second=declared.requests_per_second
        )
        rest = declared.breaker.rest_seconds
        self._breaker = Breaker(
            name, failures=declared.breaker.failures, rest=rest, longest=4 * rest, clock=clock
        )
        self._problem = ""
        self._recent = Recent(clock)

    async def call(self, call: Call) -> Any:
        record, started = Record(unsure=call.again), self._clock()
        told: dict[str, trace.Value] = {names.BACKEND_OPERATION: call.operation}
        with trace.step(f"backend {self.name}", **told):
            return await self._measured(call, record, started)

    async def _measured(self, call: Call, record: Record, started: float) -> Any:
        try:
            answer = await self._until_answered(call, record, started)
            record.outcome = "ok"
            return answer
        except BackendError:
            record.outcome = "declined"
            raise
        except (TransientError, OutcomeUnknown):
            record.outcome = "unavailable"
            raise
        finally:
            seconds = self._clock() - started
            if record.tries:
                self._recent.add(failed=record.outcome == "unavailable")
            meter.record_backend(
                BackendCall(
                    *(self.name, call.operation, record.outcome, seconds, record.tries),
                    self._breaker.take_open_seconds(),
                )
            )
            trace.tell(
                **{
                    names.STATUS: record.status,
                    names.TRIES: record.tries,
                    names.BREAKER: self._breaker.state,
                    names.OUTCOME: record.outcome,
                }
            )
            write = log.warning if record.outcome == "unavailable" else log.info
            write(
                "backend.call",
                backend=self.name,
                operation=call.operation,
                outcome=record.outcome,
                status=record.status,
                ms=round(seconds * 1000, 1),
                tries=record.tries,
                breaker=self._breaker.state,
            )

    async def check(self) -> str:
        state, wait = self._breaker.state, self._breaker.wait()
        if state == "half-open":
            return f"{self._problem}; the next call tries it again"
        if wait:
            return f"{self._problem}; rests for {wait:.0f} s"
        often = self._recent.problem()
        return f"{often}, the last one: {self._problem}" if often else ""

    async def close(self) -> None:
        await self._http.close()

    async def _until_answered(self, call: Call, record: Record, started: float) -> Any:
        takes_key = call.key and self._declared.idempotency_header
        repeatable = takes_key or call.method in REPEATABLE
        while True:
            try:
                return await self._try(call, record)
            except Unavailable as error:
                if error.maybe_done and not repeatable:
                    raise OutcomeUnknown(self.name) from error
                record.unsure = record.unsure or error.maybe_done
                backoff = uniform(0.5, 1.0) * min(2.0, 0.25 * 2.0**record.tries)
                pause = max(error.after or 0.0, backoff)
                late = self._clock() - started + pause >= PATIENCE
                if late or record.tries >= self._tries or self._breaker.is_open:
                    raise self._later(error) from error
            await self._sleep(pause)

    def _later(self, error: Unavailable) -> Unavailable:
        """The same for the queue, which brings not everybody back in the same moment."""
        after = max(1.0, error.after or 0.0, self._breaker.wait()) * uniform(1.0, 1.2)
        return Unavailable(str(error), after=after, maybe_done=error.maybe_done)

    async def _try(self, call: Call, record: Record) -> Any:
        self._refuse_while_resting()
        headers = await self._access.headers(call.bearer)
        async with self._gate.enter():
            self._refuse_while_resting()
            self._breaker.admit()
            record.tries += 1
            began = self._clock()
            try:
                answer = await self._exchange(call, headers, record)
            except Unavailable as error:
                self._breaker.failed(error.after)
                self._problem = str(error)
                raise
            except BackendError:
                self._breaker.succeeded()
                raise
            except BaseException:
                if self._clock() - began < SLOW:
                    self._breaker.released()
                else:
                    self._problem = f"{self.name} did not answer while somebody waited"
                    self._breaker.failed()
                raise
            if self._breaker.is_open:
                self._recent.clear()  # an outage that is over
            self._breaker.succeeded()
            return answer

    def _refuse_while_resting(self) -> None:
        if wait := self._breaker.wait():
            raise Unavailable(f"{self._problem}; it rests", after=wait)

    async def _exchange(self, call: Call, headers: dict[str, str], record: Record) -> Any:
        headers["Accept"] = "application/json"
        if position := trace.traceparent():
            headers["traceparent"] = position
        if call.key and self._declared.idempotency_header:
            headers[self._declared.idempotency_header] = call.key
        query = f"?{urlencode(call.query)}" if call.query else ""
        record.status = 0
        try:
            response = await self._http.request(
                call.method,
                f"{self._url}{call.path}{query}",
                headers=headers,
                json=call.json,
            )
        except Unavailable as error:
            raise Unavailable(f"{self.name}: {error}", maybe_done=error.maybe_done) from error
        record.status = response.status
        return self._answer(call, response, unsure=record.unsure)

    def _answer(self, call: Call, response: Response, *, unsure: bool) -> Any:
        status = response.status
        if 200 <= status < 300:
            answer = response.json()
            if answer is None and response.body.strip() not in (b"", b"null"):
                raise Unavailable(f"{self.name} answers {status} without JSON", maybe_done=True)
            return answer
        if status == 404 and call.method == "GET":
            return None
        if status == 401 and not call.bearer:
            raise Unavailable(
                f"{self.name} does not know this app (401); mend key, key_header or scope of "
                f"[{self.name}] in the backends file",
                after=MENDING,
            )
        if 300 <= status < 400:
            raise Unavailable(
                f"{self.name} answers with a redirect ({status}); mend url of [{self.name}] in "
                "the backends file",
                after=MENDING,
            )
        still_at_it = status == 409 and unsure  # the first copy, whose answer was lost
        if status in _COME_BACK or still_at_it:
            after = response.retry_after
            raise Unavailable(
                f"{self.name} answers {status}",
                after=None if after is None else min(after, LONGEST),
                maybe_done=status not in _NOT_DONE,
            )
        raise BackendError(self.name, status, response.json())
