"""What a channel reports about messages that were sent: kept with the record of each."""

from dataclasses import replace
from datetime import datetime
from time import time

from shared.errors import Conflict
from shared.fabric import Fabric
from shared.observability import log
from shared.pipeline.door import billing
from shared.ports.channel import Receipt
from shared.records.conversation import MAX_CONFLICTS
from shared.records.receipt import Sent, later, sent_id


async def record_receipt(fabric: Fabric, receipt: Receipt) -> None:
    """Apply a receipt to the outbound record; out of order, repeated or early ones do no harm."""
    key, id = receipt.reference.key, sent_id(receipt.message_id)
    for _ in range(MAX_CONFLICTS):
        item = await fabric.store.get(key, id)
        sent = Sent.from_item(item) if item else Sent(id=id, channel=receipt.reference.channel)
        moved = after(sent, receipt)
        try:
            if moved != sent:
                await fabric.store.write(key, moved.to_op())
        except Conflict:
            continue
        if moved.status != sent.status:
            log.info("receipt", conversation=key, status=receipt.status, error=receipt.error)
        if receipt.meter:
            await billing.book(fabric, receipt, moved.billed, moved.held)
        return


def after(sent: Sent, receipt: Receipt) -> Sent:
    """Return the message as it is after a receipt: the first that bills it says when."""
    if later(sent.status, receipt.status):
        sent = sent.moved_on(receipt.status, receipt.error, receipt.time)
    if receipt.meter and not sent.billed:
        sent = replace(sent, billed=_moment(receipt.time))
    return sent


def _moment(told: str) -> float:
    """When it was, as the channel says; now, when it says nothing or a time to come."""
    now = time()
    return min(now, datetime.fromisoformat(told).timestamp()) if told else now
