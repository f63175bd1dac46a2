"""The deployments behind one alias, as one chat model: retries, breakers, fallback.

Retrying is done here and nowhere else. A call tries each deployment that is not resting, the
preferred first, and after a short wait all over again, until its budget is spent.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from itertools import count
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

from shared.clients.breaker import Breaker
from shared.clients.patience import pause
from shared.errors import FabricError, TransientError, Unavailable
from shared.ports.models import ChatModel, Completion

if TYPE_CHECKING:
    from tenacity import RetryCallState

BUDGET = 60.0
"""Seconds one call may take with all its retries; a turn has 240."""

PATIENCE = 10.0
"""Seconds a turn waits in place for a deployment; longer waits are for the queue."""

SLOW = 10.0
"""Seconds without an answer after which it counts as a failure that the caller left."""

T = TypeVar("T")


@dataclass(frozen=True)
class Member:
    """One deployment. The breaker belongs to the deployment, whoever else calls it."""

    model: ChatModel
    breaker: Breaker
    priority: int = 1


class Pool:
    """The ChatModel that an alias names. Raises Unavailable, with `after`, when none answers."""

    structured = True

    def __init__(
        self,
        name: str,
        members: Sequence[Member],
        *,
        embedder: ChatModel | None = None,
        budget: float = BUDGET,
        clock: Callable[[], float] = monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.name = name
        self._members = members
        self._embedder = embedder
        self._budget, self._clock, self._sleep = budget, clock, sleep
        self._calls = count()

    async def complete(
        self,
        messages: Sequence[Mapping[str, Any]],
        tools: Sequence[Mapping[str, Any]] = (),
        *,
        schema: Mapping[str, Any] | None = None,
    ) -> Completion:
        return await self._call(
            lambda member: member.model.complete(messages, tools, schema=schema)
        )

    async def stream(
        self, messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]] = ()
    ) -> AsyncGenerator[str, None]:
        """Retried only until the first piece: what was said once is not said again."""

        async def begin(member: Member) -> tuple[Member, str | None, AsyncGenerator[str, None]]:
            pieces = member.model.stream(messages, tools)
            return member, await anext(pieces, None), pieces

        member, first, pieces = await self._call(begin, whole=False)
        try:
            async with aclosing(pieces):
                if first is not None:
                    yield first
                async for piece in pieces:
                    yield piece
        except TransientError as error:
            member.breaker.failed(error.after)
            raise
        except BaseException:
            member.breaker.succeeded()  # whoever left, or was refused, had an answer
            raise
        member.breaker.succeeded()

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        if self._embedder is not None:
            return await self._embedder.embed(texts)
        return await self._call(lambda member: member.model.embed(texts))

    async def check(self) -> str:
        """ "" while one deployment can be called."""
        if any(not member.breaker.wait() for member in self._members):
            return ""
        return f"every deployment of {self.name} rests after failures"

    async def _call(self, ask: Callable[[Member], Awaitable[T]], *, whole: bool = True) -> T:
        """What the first member says that answers; unless `whole`, more is to come from it."""
        from tenacity import AsyncRetrying, retry_if_exception_type

        deadline = self._clock() + self._budget

        def spent(state: "RetryCallState") -> bool:
            seconds = state.upcoming_sleep
            return seconds > PATIENCE or self._clock() + seconds >= deadline

        retrying = AsyncRetrying(
            retry=retry_if_exception_type(TransientError),
            wait=pause,
            stop=spent,
            sleep=self._sleep,
            reraise=True,
        )
        return await retrying(self._round, ask, deadline, whole)

    async def _round(
        self, ask: Callable[[Member], Awaitable[T]], deadline: float, whole: bool
    ) -> T:
        """Ask each member that is not resting, until one answers."""
        problem: TransientError | None = None
        for member in self._in_order():
            if not member.breaker.admit():
                continue
            began = self._clock()
            try:
                async with asyncio.timeout(deadline - self._clock()) as limit:
                    answer = await ask(member)
            except TransientError as error:
                member.breaker.failed(error.after)
                problem = error
            except TimeoutError:
                member.breaker.failed()
                if not limit.expired():
                    raise
                problem = Unavailable(f"no answer within {self._budget:.0f} s", maybe_done=True)
                break
            except FabricError:
                member.breaker.succeeded()
                raise
            except BaseException:
                if self._clock() - began < SLOW:
                    member.breaker.released()
                else:
                    member.breaker.failed()  # the caller gave up on it
                raise
            else:
                if whole:
                    member.breaker.succeeded()
                return answer
        after = min(member.breaker.wait() for member in self._members)
        raise Unavailable(
            f"no deployment of {self.name} answers: {problem or 'all rest after failures'}",
            after=after or None,
            maybe_done=problem is not None and problem.maybe_done,
        ) from None

    def _in_order(self) -> list[Member]:
        """By priority; equals take turns to be the first."""
        turn = next(self._calls)
        ordered: list[Member] = []
        for priority in sorted({member.priority for member in self._members}):
            equals = [member for member in self._members if member.priority == priority]
            start = turn % len(equals)
            ordered += equals[start:] + equals[:start]
        return ordered
