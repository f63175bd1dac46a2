"""What a channel reports about messages that were sent: kept with the record of each."""

from shared.errors import Conflict
from shared.fabric import Fabric
from shared.observability import log
from shared.ports.channel import Receipt
from shared.records.conversation import MAX_CONFLICTS
from shared.records.receipt import Sent, later, sent_id


async def record_receipt(fabric: Fabric, receipt: Receipt) -> None:
    """Apply a receipt to the outbound record; out of order, repeated or early ones do no harm."""
    key, id = receipt.reference.key, sent_id(receipt.message_id)
    for _ in range(MAX_CONFLICTS):
        item = await fabric.store.get(key, id)
        sent = Sent.from_item(item) if item else Sent(id=id, channel=receipt.reference.channel)
        if not later(sent.status, receipt.status):
            return
        moved = sent.moved_on(receipt.status, receipt.error, receipt.time)
        try:
            await fabric.store.write(key, moved.to_op())
        except Conflict:
            continue
        log.info("receipt", conversation=key, status=receipt.status, error=receipt.error)
        return
