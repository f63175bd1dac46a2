"""Tokens and money are held before they are spent, and settled at what was used.

Every limit that a call counts against lies in one partition, the department's, so that a hold on
all of them is one write that another process either sees or conflicts with. A hold has a lease:
what a killed process held is free again after it. A call is let in while something is left, so a
limit is passed by one call at most.

Far from every limit a process holds a float, a small share of it, in advance: calls that fit into
it wait for no write, and are booked when they are over.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from random import random
from time import time
from typing import Any
from uuid import uuid4

from shared.errors import Conflict, FabricError, OverBudget, TransientError, Unavailable
from shared.governance.limits.limit import Amount, Limit
from shared.observability import log
from shared.ports.store import Store
from shared.records.spend import Counter

LEASE_SECONDS = 600.0
"""Longer than any call of a model with all its retries."""

FLOAT_SECONDS = 150.0
FLOAT_LEFT_SECONDS = 90.0
"""What a float still has to last for a call to be taken from it: longer than a call."""

FLOAT_SHARE = 0.02
"""Share of a limit that one process holds in advance."""

NEAR_SHARE = 0.8
"""From this share of a limit on there are no floats, and the cheaper model is called."""

PATIENCE_SECONDS = 5.0
"""How long a call waits for others to settle, when what they hold is all that is left."""

MAX_CONFLICTS = 60
"""Times a write is tried against other processes of the department."""


@dataclass(frozen=True, slots=True)
class Hold:
    """What is held, on which limits; settle it or give it back.

    `share` is how much of the fullest limit others had taken before.
    """

    id: str
    limits: Sequence[Limit]
    amount: Amount
    share: float = 0.0


_Change = Callable[[Limit, Counter], Counter]


class _Full(Exception):
    """What is left of a limit is held by others, who may use less."""


@dataclass(slots=True)
class _Float:
    """What this process holds of one limit. `pending` was taken from it and is not booked yet."""

    until: float = 0.0
    pending: int = 0


@dataclass(slots=True)
class Spending:
    """The counters, as one process uses them. `on_threshold` is told of each share once."""

    store: Store
    on_threshold: Callable[[Limit, float], Awaitable[None]] | None = None
    _process: str = field(default_factory=lambda: f"float:{uuid4().hex[:12]}")
    _floats: defaultdict[str, _Float] = field(default_factory=lambda: defaultdict(_Float))
    _locks: defaultdict[str, asyncio.Lock] = field(
        default_factory=lambda: defaultdict(asyncio.Lock)
    )
    _owed: list[tuple[Hold, Amount]] = field(default_factory=list)
    _booking: set["asyncio.Task[None]"] = field(default_factory=set)

    def take_from_float(self, limits: Sequence[Limit], amount: Amount) -> bool:
        """Take the amount from what this process holds of every limit, if it is enough.

        Then nothing else need be held: `book` it when the call is over.
        """
        now = time()
        for limit in limits:
            kept = self._floats[limit.counter]
            room = _float_of(limit) - kept.pending
            if kept.until - now < FLOAT_LEFT_SECONDS or limit.of(amount) > room:
                return False
        for limit in limits:
            self._floats[limit.counter].pending += limit.of(amount)
        return True

    def book(self, limits: Sequence[Limit], taken: Amount, used: Amount) -> None:
        """Write down, in the background, what a call used that was taken from the float."""

        async def write() -> None:
            for limit in limits:
                self._floats[limit.counter].pending -= limit.of(taken)
            await self.settle(Hold("", limits, taken), used)

        self._in_background(write())

    def give_back(self, holding: "asyncio.Task[Hold]") -> None:
        """Release, in the background, what is being held for a call that is not made."""

        async def release() -> None:
            with suppress(FabricError):
                await self.settle(await holding, Amount())

        self._in_background(release())

    async def booked(self) -> None:
        """Wait until all that was used is written down."""
        while self._booking:
            await asyncio.gather(*self._booking)
        await self._pay_owed()

    async def hold(self, limits: Sequence[Limit], amount: Amount) -> Hold:
        """Hold the amount on every limit, or on none.

        Raises OverBudget where one is used up, Unavailable when others hold what is left of it
        for long, TransientError when the counters do not answer.
        """
        hold = Hold(uuid4().hex, limits, amount)
        shares: dict[str, float] = {}

        def held(limit: Limit, counter: Counter) -> Counter:
            now = time()
            counter = counter.swept(now)
            shares[limit.counter] = counter.taken / limit.most if limit.most else 1.0
            if counter.spent >= limit.most:
                raise OverBudget(limit.name)
            if counter.taken >= limit.most:
                raise _Full(limit.name)
            counter = counter.held(hold.id, limit.of(amount), now + LEASE_SECONDS)
            return self._with_float(limit, counter, now)

        patient_until = time() + PATIENCE_SECONDS
        while True:
            try:
                await self._change(limits, held)
            except _Full as full:
                if time() > patient_until:
                    raise Unavailable(f"others hold what is left of {full}", after=5.0) from None
                await asyncio.sleep(0.02 + random() * 0.1)
            else:
                await self._pay_owed()
                return replace(hold, share=max(shares.values(), default=0.0))

    async def settle(self, hold: Hold, used: Amount) -> None:
        """Book what was used instead of what was held; later, when the store is away.

        In the window in which it was held, also when that has ended meanwhile.
        """
        try:
            await self._settle(hold, used)
        except TransientError as error:
            log.error("spending.owed", reason=str(error))
            self._owed.append((hold, used))

    async def _settle(self, hold: Hold, used: Amount) -> None:
        passed: dict[str, tuple[Limit, Sequence[float]]] = {}

        def settled(limit: Limit, counter: Counter) -> Counter:
            now = time()
            counter = counter.swept(now).settled(hold.id, limit.of(used))
            shares = counter.passed(limit.alert_at, limit.most)
            passed[limit.counter] = limit, shares
            return self._with_float(limit, counter.told(shares), now)

        await self._change(hold.limits, settled)
        for limit, shares in passed.values():
            for share in shares:
                log.warning("budget.threshold", limit=limit.name, share=share)
                await self._tell(limit, share)

    async def _tell(self, limit: Limit, share: float) -> None:
        """What was booked stays booked when nobody takes the alert; the log has it."""
        try:
            if self.on_threshold:
                await self.on_threshold(limit, share)
        except TransientError as error:
            log.error("budget.untold", limit=limit.name, share=share, reason=str(error))

    def _with_float(self, limit: Limit, counter: Counter, now: float) -> Counter:
        """Keep this process' float while the limit is far; give it back when it is near."""
        without = counter.settled(self._process, 0)
        if without.taken + _float_of(limit) <= NEAR_SHARE * limit.most:
            return without.held(self._process, _float_of(limit), now + FLOAT_SECONDS)
        pending = self._floats[limit.counter].pending
        return without.held(self._process, pending, now + FLOAT_SECONDS) if pending else without

    async def _pay_owed(self) -> None:
        owed, self._owed = self._owed, []
        for hold, used in owed:
            await self.settle(hold, used)

    async def _change(self, limits: Sequence[Limit], change: _Change) -> None:
        """Read the counters side by side, change them, and write them in one batch.

        One write of this process at a time; `change` is called again after a conflict.
        """
        if not limits:
            return
        partition = limits[0].partition
        async with self._locks[partition]:
            for attempt in range(MAX_CONFLICTS):
                items = await asyncio.gather(
                    *(self.store.get(partition, limit.counter) for limit in limits)
                )
                counters = [
                    change(limit, Counter.from_item(item) if item else Counter(limit.counter))
                    for limit, item in zip(limits, items, strict=True)
                ]
                try:
                    await self.store.write(
                        partition, *(counter.to_op() for counter in counters), durable=False
                    )
                except Conflict:
                    await asyncio.sleep(random() * 0.005 * (attempt + 1))
                    continue
                for limit, counter in zip(limits, counters, strict=True):
                    self._see(limit, counter)
                return
        raise Unavailable("others keep changing the counters", after=0.5)

    def _see(self, limit: Limit, counter: Counter) -> None:
        held = counter.holds.get(self._process)
        whole = held is not None and held.amount == _float_of(limit)
        self._floats[limit.counter].until = held.until if held and whole else 0.0

    def _in_background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._booking.add(task)
        task.add_done_callback(self._booking.discard)


def _float_of(limit: Limit) -> int:
    return int(FLOAT_SHARE * limit.most)
