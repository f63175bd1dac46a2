"""Files that came with a message and are too large for it: kept before it is acknowledged."""

from time import time

from shared.fabric import Fabric
from shared.media.file import attached_to
from shared.ports.channel import Inbound
from shared.records.file import StoredFile
from shared.records.person import mark_of


async def keep(fabric: Fabric, inbound: Inbound) -> None:
    """Store them, durable on return. Raises Unavailable: then the client sends again."""
    now, reference = time(), inbound.reference
    for file in attached_to(inbound.activity):
        if (content := inbound.files.get(file.id)) is None:
            continue
        stored = StoredFile(
            id=file.id,
            name=file.name,
            content_type=file.content_type,
            size=len(content),
            at=now,
            person=mark_of(reference.user),
            sent_by="person",
        )
        await fabric.files.keep(
            reference.key, stored.lasting(inbound.bot.retention.file_days), content
        )
