"""What a channel charges for a message is held before it is sent, and booked when it was.

Where a limit of money is used up, one message a day still goes out in a conversation, and says
so. What else would be said is given up as a dead letter, which can be sent again.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil
from time import time
from typing import TYPE_CHECKING

from shared.activity import Activity, ConversationReference
from shared.bot import Bot
from shared.dialogue.phrases import DEFAULT, phrase
from shared.errors import Conflict, OverBudget, PermanentError, TransientError
from shared.fabric import Fabric
from shared.observability import log
from shared.ports.store import Create
from shared.records.conversation import REMEMBERED, stored

if TYPE_CHECKING:
    from shared.governance.limits.limit import Limit
    from shared.governance.prices import Price, Prices

CHARGING = "whatsapp"
"""The channel that charges for a message."""

REPLY, TEMPLATE = ("service",), ("authentication", "marketing", "utility")
"""What it may be charged as; a template does not say, and is held at the dearest."""


@dataclass(frozen=True, slots=True)
class Posted:
    """The channel's id for a message, and the millionths of a dollar held for it."""

    id: str
    micro_usd: int = 0


Sending = Callable[[Activity], Awaitable[str]]


async def stamped(
    fabric: Fabric,
    bot: Bot,
    reference: ConversationReference,
    activity: Activity,
    send: Sending,
) -> Posted:
    """Send a message within the limits of money that it counts against.

    A country without a rate is unpriced, in the report, and held to no limit. Raises what `send`
    does, and PermanentError when a limit is used up and the person has been told.
    """
    charged = reference.channel == CHARGING and activity.is_message
    limits = _limits(fabric, bot) if charged else ()
    price = _price(fabric.prices, reference, activity) if limits else None
    if price is None:
        return Posted(await send(activity))
    from shared.governance.limits.limit import Amount
    from shared.governance.limits.reservation import reserved
    from shared.governance.limits.spending import Hold

    stamp = Amount(0, _micro_usd(price))
    allow_unknown = bot.quota.on_unknown == "allow"
    try:
        async with reserved(fabric.spending, limits, stamp, allow_unknown=allow_unknown) as place:
            place.used = stamp
            try:
                return Posted(await send(activity), stamp.micro_usd)
            except Exception as error:
                if not (isinstance(error, TransientError) and error.maybe_done):
                    place.used = Amount()
                raise
    except OverBudget as full:
        told = await _instead(fabric, reference.key, activity, full)
    sent = await send(told)
    await fabric.spending.settle(Hold("", limits, Amount()), stamp)
    return Posted(sent, stamp.micro_usd)


def put_right(fabric: Fabric, bot: str, meter: str, at: float, held: int) -> None:
    """Book what a message was billed more, or less, than was held for it; in the background."""
    manifest, price = fabric.bots.get(bot), fabric.prices.at(meter, at)
    if manifest is None or price is None or not held:
        return
    from shared.governance.limits.limit import Amount

    more = _micro_usd(price) - held
    if limits := more and _limits(fabric, manifest):
        fabric.spending.book(limits, Amount(), Amount(0, more))


def _micro_usd(price: "Price") -> int:
    from shared.governance.limits.limit import MICRO

    return ceil(float(price.per_unit) * MICRO)


def _price(
    prices: "Prices", reference: ConversationReference, activity: Activity
) -> "Price | None":
    from shared.channels.whatsapp.billed import country_of

    country = country_of(reference.conversation, reference.user)
    data = activity.channel_data.get("whatsapp")
    is_template = isinstance(data, dict) and bool(data.get("template"))
    meters = (f"whatsapp.{kind}.{country}" for kind in (TEMPLATE if is_template else REPLY))
    rows = [row for meter in meters if (row := prices.at(meter, time()))]
    return max(rows, key=lambda row: row.per_unit, default=None)


def _limits(fabric: Fabric, bot: Bot) -> "Sequence[Limit]":
    department = fabric.departments.get(bot.department)
    if bot.quota.budget_usd_per_month is None and (
        department is None or department.budget_usd_per_month is None
    ):
        return ()
    from shared.governance.limits.limit import limits_of

    return [limit for limit in limits_of(bot, department, time()) if limit.unit == "usd"]


async def _instead(fabric: Fabric, key: str, activity: Activity, full: OverBudget) -> Activity:
    """The sentence that says so, once a day in a conversation; then PermanentError."""
    day = datetime.fromtimestamp(time(), UTC).date().isoformat()
    record = Create(
        f"unstamped:{day}", {"limit": full.limit, "message": activity.id}, ttl=REMEMBERED
    )
    try:
        await fabric.store.write(key, record, durable=False)
    except Conflict:
        said = await fabric.store.get(key, record.id)
        if said is None or said.body["message"] != activity.id:  # else its send failed before
            raise PermanentError(
                "over_budget", f"{full}; raise it, then send this again from the dead letters"
            ) from full
    log.warning("send.over_budget", conversation=key, limit=full.limit)
    conversation = await stored(fabric.store, key)
    language = (conversation.language if conversation else "") or DEFAULT
    return Activity(type="message", id=activity.id, text=phrase(language, "platform.budget_used"))
