"""A file that a person sent, fetched at the first look and kept from then on."""

from collections.abc import Awaitable, Callable
from time import time

from shared.activity import FILE_SCHEME, ConversationReference
from shared.errors import PermanentError
from shared.event import event_id
from shared.media.attachment import Attachment
from shared.media.fetch import Fetcher
from shared.media.files import Files
from shared.media.place import Place
from shared.media.unread import Reason, Unread
from shared.records.file import StoredFile
from shared.records.person import mark_of


async def received(
    files: Files,
    reference: ConversationReference,
    attachment: Attachment,
    find: Callable[[], Awaitable[Place | None]],
    *,
    days: int,
    fetcher: Fetcher | None = None,
) -> bytes | None:
    """The bytes; None where there is no place to fetch them from.

    Raises Unread when they are gone, Unavailable when they may be had later.
    """
    key = reference.key
    if attachment.url.startswith(FILE_SCHEME):
        try:
            return await files.content(key, attachment.url.removeprefix(FILE_SCHEME))
        except PermanentError as error:
            raise Unread(Reason.GONE, "no longer kept") from error
    id = event_id(key, "sent", attachment.url)
    if (record := await files.record(key, id)) is not None:
        try:
            return await files.content(key, record.id)
        except PermanentError:
            pass  # noted, and never put: a crash came between
    place = await find()
    if place is None:
        return None
    content = await (fetcher or Fetcher()).fetch(place)
    now = time()
    stored = StoredFile(
        id=id,
        name=attachment.name,
        content_type=attachment.content_type,
        size=len(content),
        at=now,
        person=mark_of(reference.user),
        sent_by="person",
    )
    await files.keep(key, stored.lasting(days), content)
    return content
