"""What a message will cost, held against the limits of its bot in money before it is sent.

An answer goes out all the same when they are used up, so that whoever wrote is told something; what
nobody asked for does not. What the channel bills in the end is put right when it says so.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from math import ceil
from time import time
from typing import TYPE_CHECKING

from shared.activity import ConversationReference
from shared.errors import OverBudget, PermanentError, TransientError
from shared.fabric import Fabric
from shared.ports.channel import Bills

if TYPE_CHECKING:
    from shared.governance.limits.spending import Limit


def micro_usd(fabric: Fabric, meter: str, at: float) -> int:
    """What one message on a meter costs; 0 of one without a price."""
    price = fabric.prices.at(meter, at) if meter else None
    return ceil(price.per_unit * 1_000_000) if price else 0


def expected_meter(fabric: Fabric, reference: ConversationReference) -> str:
    """What a message there is billed as, at most; "" where a channel bills nothing."""
    channel = fabric.channel(reference.channel)
    return channel.bills(reference) if isinstance(channel, Bills) else ""


@asynccontextmanager
async def budgeted(fabric: Fabric, reference: ConversationReference) -> AsyncIterator[None]:
    """Hold the price while a message is sent, and book it when it is.

    Raises PermanentError for a message that nobody asked for when the money is used up, Unavailable
    when others hold what is left.
    """
    cost = micro_usd(fabric, expected_meter(fabric, reference), time())
    limits = money_limits(fabric, reference.bot) if cost else ()
    if not limits:
        yield
        return
    from shared.governance.limits.reservation import Reserved, reserved
    from shared.governance.limits.spending import Amount

    amount = Amount(micro_usd=cost)
    async with AsyncExitStack() as stack:
        holding = reserved(fabric.spending, limits, amount, allow_unknown=True)
        try:
            place = await stack.enter_async_context(holding)
        except (OverBudget, TransientError) as error:
            if not reference.reply_to:
                raise _refused(error) from None
            place = None
        yield
        if isinstance(place, Reserved):
            place.used = amount
        else:
            fabric.spending.book(limits, Amount(), amount)


def put_right(fabric: Fabric, reference: ConversationReference, meter: str, at: float) -> None:
    """Book what a message was billed less, or more, than was held for it; in the background."""
    expected = micro_usd(fabric, expected_meter(fabric, reference), at)
    more = micro_usd(fabric, meter, at) - expected
    limits = money_limits(fabric, reference.bot) if more else ()
    if limits:
        from shared.governance.limits.spending import Amount

        fabric.spending.book(limits, Amount(), Amount(micro_usd=more))


def money_limits(fabric: Fabric, bot: str) -> "Sequence[Limit]":
    """The limits of a bot in money, its department's among them."""
    manifest = fabric.bots.get(bot)
    if manifest is None:
        return ()
    from shared.governance.limits.spending import limits_of

    department = fabric.departments.get(manifest.department)
    return [one for one in limits_of(manifest, department, time()) if one.unit == "usd"]


def _refused(error: OverBudget | TransientError) -> Exception:
    if isinstance(error, TransientError):
        return error
    return PermanentError("over_budget", f"{error}: a message that nobody asked for is not sent")
