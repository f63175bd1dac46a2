"""What a channel bills for a message, booked once however often its statuses say so."""

from shared.errors import Conflict, Unavailable
from shared.event import event_id
from shared.fabric import Fabric
from shared.pipeline.outbox.postage import put_right
from shared.ports.channel import Receipt
from shared.ports.store import Create, Put
from shared.records.conversation import MAX_CONFLICTS
from shared.records.metered import FIRST, First, booking, metered, metered_partition


async def book(fabric: Fabric, receipt: Receipt, at: float, held: int) -> None:
    """Book the message for the day of `at`, which is the same for all of its statuses.

    `held` are the millionths of a dollar that its limits hold for it.

    The first of a month may be on a meter of their own: what counts them is written with the
    entry, or neither is. Raises Unavailable.
    """
    bot, channel = receipt.reference.bot, receipt.reference.channel
    partition = metered_partition(bot, channel, at)
    first = fabric.prices.first(receipt.meter, at)
    id = event_id("billed", receipt.reference.key, receipt.message_id)
    for _ in range(MAX_CONFLICTS):
        meter, counted = receipt.meter, list[Create | Put]()
        if first:
            before = First.from_item(await fabric.store.get(partition, FIRST))
            if before.count < first.first_a_month:
                meter, counted = first.meter, [before.one_more()]
        entry = metered(id, bot, channel, at, {meter: 1})
        try:
            await fabric.store.write(partition, booking(entry), *counted)
        except Conflict as conflict:
            if conflict.id == entry.id:
                return
        else:
            put_right(fabric, bot, meter, at, held)
            return
    raise Unavailable("others keep booking messages of the same number")
