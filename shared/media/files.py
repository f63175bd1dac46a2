"""The files of conversations: bytes in blobs, by records beside the transcript."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from shared.activity import Activity
from shared.errors import Conflict, PermanentError, Rejected
from shared.media.file import Attached, attached_to
from shared.media.links import Links
from shared.ports.store import Blobs, Delete, Put, Store
from shared.records.file import PREFIX, StoredFile

UPLOADED = "uploaded:"
"""Prefix of the records of what a channel calls a file of ours."""

PAGE_SECONDS, CHAT_SECONDS = 3_600.0, 86_400.0
"""Life of an address: on a page, which asks for a new one with each look, and in a chat."""

BLOB_SECONDS = 300.0
"""Life of the address of the blob itself, to which ours leads where there is one."""

SERVED_BYTES = 1_048_576
"""Up to so many bytes a file comes from here, whatever the blobs could do."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A file for who has its address: its bytes, or where they are."""

    file: StoredFile
    content: bytes = b""
    place: str = ""


class Files:
    """`base` is where the world finds this app, "" when that is not said."""

    def __init__(
        self,
        store: Store,
        blobs: Callable[[], Blobs],
        base: str,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store, self._blobs, self._base, self._clock = store, blobs, base, clock
        self._links = Links(store, base, clock)

    async def keep(self, conversation: str, file: StoredFile, content: bytes) -> None:
        """Store the bytes, durable on return; the same file again changes nothing."""
        with suppress(Conflict):
            await self._store.write(conversation, file.create())
        await self._blobs().put(file.blob, content)

    async def record(self, conversation: str, id: str) -> StoredFile | None:
        item = await self._store.get(conversation, f"{PREFIX}{id}")
        return StoredFile.of(item) if item else None

    async def content(self, conversation: str, id: str) -> bytes:
        """The bytes. Raises PermanentError `file_gone` when they are no longer kept."""
        record = await self.record(conversation, id)
        content = await self._blobs().get(record.blob) if record else None
        if content is None:
            raise PermanentError("file_gone", "the file is no longer kept")
        return content

    async def link(self, conversation: str, file: Attached, seconds: float = CHAT_SECONDS) -> str:
        """An address that opens it for so long; "" where this app has none."""
        if self._base:
            return await self._links.link(conversation, file.id, seconds)
        record = await self.record(conversation, file.id)
        return await self._place(record, seconds) if record else ""

    async def shown(self, conversation: str, activity: Activity) -> Activity:
        """An activity with the addresses of its files, for a client that asks often."""
        if not any(attached_to(activity)):
            return activity
        shown = []
        for attachment in activity.attachments:
            file = Attached.read(attachment)
            url = await self.link(conversation, file, PAGE_SECONDS) if file else ""
            shown.append(file.to_attachment(url) if file else attachment)
        return Activity(activity, attachments=shown)

    async def open(self, conversation: str, id: str, until: str, signature: str) -> Opened:
        """What an address opens. Raises Rejected: 404 for a wrong one, 410 for what is over."""
        await self._links.check(conversation, id, until, signature)
        record = await self.record(conversation, id)
        if record is None:
            raise Rejected(410, "file_gone")
        if record.size > SERVED_BYTES and (place := await self._place(record, BLOB_SECONDS)):
            return Opened(record, place=place)
        content = await self._blobs().get(record.blob)
        if content is None:
            raise Rejected(410, "file_gone")
        return Opened(record, content)

    async def uploaded(self, conversation: str, id: str) -> str:
        """What a channel calls a file that it has taken already; "" for none."""
        item = await self._store.get(conversation, f"{UPLOADED}{id}")
        return str(item.body["id"]) if item else ""

    async def note_upload(self, conversation: str, id: str, theirs: str, seconds: int) -> None:
        """Remember it, so that a message that is sent again uploads nothing again."""
        note = Put(f"{UPLOADED}{id}", {"id": theirs, "at": self._clock()}, ttl=seconds)
        await self._store.write(conversation, note)

    async def remove(self, conversation: str, files: Sequence[StoredFile]) -> None:
        """Remove blobs, then their records."""
        for file in files:
            await self._blobs().delete(file.blob)
            await self._store.write(conversation, Delete(f"{PREFIX}{file.id}"), durable=False)

    async def remove_old(self) -> int:
        """Remove what is past its time; return how many files that were."""
        old = await self._store.find(None, PREFIX, due_by=self._clock(), limit=1000)
        for item in old:
            await self.remove(item.partition, [StoredFile.of(item)])
        return len(old)

    async def _place(self, record: StoredFile, seconds: float) -> str:
        return await self._blobs().address(
            record.blob, seconds=seconds, content_type=record.content_type, file=record.name
        )
