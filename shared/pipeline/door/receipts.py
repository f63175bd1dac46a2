"""What a channel reports about messages that were sent: kept with the record of each."""

from shared.errors import Conflict
from shared.fabric import Fabric
from shared.observability import log
from shared.pipeline.outbox.deliver import sent_id
from shared.ports.channel import Receipt
from shared.ports.store import Create, Put
from shared.records.conversation import MAX_CONFLICTS, REMEMBERED

_RANK = {"sent": 1, "delivered": 2, "read": 3, "played": 4, "failed": 5}


def later(old: str, new: str) -> bool:
    """Whether `new` moves a message on: sent < delivered < read < played, failed is final."""
    return _RANK.get(new, 0) > _RANK.get(old, 0)


async def record_receipt(fabric: Fabric, receipt: Receipt) -> None:
    """Apply a receipt to the outbound record; out of order, repeated or early ones do no harm."""
    key, id = receipt.reference.key, sent_id(receipt.message_id)
    for _ in range(MAX_CONFLICTS):
        item = await fabric.store.get(key, id)
        body = dict(item.body) if item else {"channel": receipt.reference.channel, "status": ""}
        if not later(body["status"], receipt.status):
            return
        body |= {"status": receipt.status, "error": receipt.error, "time": receipt.time}
        op = (
            Put(id, body, etag=item.etag, ttl=REMEMBERED)
            if item
            else Create(id, body, ttl=REMEMBERED)
        )
        try:
            await fabric.store.write(key, op)
        except Conflict:
            continue
        log.info("receipt", conversation=key, status=receipt.status, error=receipt.error)
        return
