"""The files that a turn sends along: their bytes are stored before what names them is committed."""

from collections.abc import Sequence

from shared.activity import Activity
from shared.fabric import Fabric
from shared.media.file import attached_to
from shared.records.file import StoredFile
from shared.records.person import mark_of
from shared.turn import Turn


async def keep(fabric: Fabric, turn: Turn, replies: Sequence[Activity]) -> list[StoredFile]:
    """Store the files of these replies; return what the commit writes of each.

    Raises Unavailable: then nothing is committed, and the turn runs again.
    """
    if not turn.files:
        return []
    kept = []
    for said in replies:
        for named in attached_to(said):
            if named.id not in turn.files:
                continue  # one of an earlier turn, said again
            attached, file = turn.files[named.id]
            stored = StoredFile(
                id=attached.id,
                name=attached.name,
                content_type=attached.content_type,
                size=attached.size,
                alt=attached.alt,
                at=turn.now,
                person=mark_of(turn.reference.user),
            )
            await fabric.files.keep(turn.reference.key, stored, file.content)
            kept.append(stored.lasting(turn.bot.retention.file_days))
    return kept
