"""The text of a document that a person sent."""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

from shared.knowledge.documents import document
from shared.knowledge.documents import read as documents
from shared.media.attachment import Attachment
from shared.media.fetch import MAX_BYTES, Fetcher
from shared.media.kinds import suffix_of, text_of
from shared.media.place import Locate
from shared.media.unread import Reason, Unread

_PICTURES_AND_SOUND = ("image/", "audio/", "video/")


async def read(
    attachment: Attachment, locate: Locate | None, fetcher: Fetcher | None = None
) -> str:
    """The text, as Markdown where the document has structure.

    Raises Unread with a sentence for the person, Unavailable when the file may be had later.
    """
    if attachment.content_type.startswith(_PICTURES_AND_SOUND):
        raise Unread(Reason.UNKNOWN, "a picture, sound or film")
    if (attachment.size or 0) > MAX_BYTES:
        raise Unread(Reason.TOO_BIG, f"over {MAX_BYTES:,} bytes")
    content = await _content(attachment, locate, fetcher or Fetcher())
    return await asyncio.to_thread(_text, content)


async def _content(attachment: Attachment, locate: Locate | None, fetcher: Fetcher) -> bytes:
    if attachment.content is not None:
        return attachment.content
    if not attachment.url:
        reason = Reason.TOO_BIG if attachment.size else Reason.GONE
        raise Unread(reason, "the message does not carry the file")
    place = await locate(attachment) if locate else None
    if place is None:
        raise Unread(Reason.GONE, "the channel has no place to fetch files from")
    return await fetcher.fetch(place)


def _text(content: bytes) -> str:
    """Blocking. What is written to the disk is gone when this returns."""
    suffix = suffix_of(content)
    if suffix == ".txt":
        text = text_of(content).strip()
        if not text:
            raise Unread(Reason.EMPTY)
        if len(text) > document.MAX_CHARACTERS:
            raise Unread(Reason.TOO_BIG, f"over {document.MAX_CHARACTERS:,} characters")
        return text
    with TemporaryDirectory(prefix="attachment-") as folder:
        path = Path(folder) / f"document{suffix}"
        path.write_bytes(content)
        try:
            found = documents.read(path)
        except document.Unreadable as error:
            raise Unread(_reason(error), str(error)) from error
    titled = suffix == ".html" and found.title
    return f"# {found.title}\n\n{found.markdown}" if titled else found.markdown


def _reason(error: document.Unreadable) -> Reason:
    match error:
        case document.Locked():
            return Reason.LOCKED
        case document.Empty():
            return Reason.EMPTY
        case document.TooLarge():
            return Reason.TOO_BIG
    return Reason.UNKNOWN
