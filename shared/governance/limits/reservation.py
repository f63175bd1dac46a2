"""A call that is held against limits before it is made, and settled when it is over."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from shared.errors import TransientError
from shared.governance.limits.limit import Amount, Limit
from shared.governance.limits.spending import Hold, Spending
from shared.observability import log


@dataclass(slots=True)
class Reserved:
    """`share` of the fullest limit was taken before; `used` is what the caller settles at."""

    share: float = 0.0
    used: Amount = field(default_factory=Amount)


@asynccontextmanager
async def reserved(
    spending: Spending, limits: Sequence[Limit], bound: Amount, *, allow_unknown: bool
) -> AsyncIterator[Reserved]:
    """Hold the upper bound, then settle at `used`, however the block ends.

    `allow_unknown`: what cannot be counted because the store is away is let through all the same
    and booked afterwards. Raises what `Spending.hold` does.
    """
    lent = spending.take_from_float(limits, bound)
    hold = None if lent else await _hold(spending, limits, bound, allow_unknown=allow_unknown)
    place = Reserved(hold.share if hold else 0.0)
    try:
        yield place
    finally:
        if hold is None:
            spending.book(limits, bound, place.used)
        else:
            await asyncio.shield(spending.settle(hold, place.used))


async def _hold(
    spending: Spending, limits: Sequence[Limit], bound: Amount, *, allow_unknown: bool
) -> Hold:
    """Who leaves meanwhile leaves no hold behind."""
    holding = asyncio.create_task(spending.hold(limits, bound))
    try:
        return await asyncio.shield(holding)
    except TransientError as error:
        if not allow_unknown:
            raise
        log.warning("spending.unknown", reason=str(error))
        return Hold("", limits, Amount())
    except asyncio.CancelledError:
        spending.give_back(holding)
        raise
