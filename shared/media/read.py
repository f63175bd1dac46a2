"""The text of a document that a person sent."""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

from shared.knowledge.documents import document
from shared.knowledge.documents import read as documents
from shared.knowledge.documents.pdf import count_pages
from shared.media.attachment import Attachment
from shared.media.fetch import MAX_BYTES
from shared.media.kinds import is_picture, suffix_of, text_of
from shared.media.place import Locate
from shared.media.unread import Reason, Unread
from shared.ports.scans import NoScan, Scans

MAX_SCANNED_PAGES = 50

_SOUND_AND_FILM = ("audio/", "video/")


async def read(
    attachment: Attachment,
    locate: Locate | None,
    scans: Scans | None = None,
) -> str:
    """The text, as Markdown where the document has structure.

    With `scans` also that of photos, and of PDF files without text. Raises Unread with a sentence
    for the person, OverBudget, Unavailable when the file or the service may be had later.
    """
    if attachment.content_type.startswith(_SOUND_AND_FILM):
        raise Unread(Reason.UNKNOWN, "sound or film")
    if attachment.content_type.startswith("image/") and scans is None:
        raise Unread(Reason.UNSEEN, "a picture, and FABRIC_DOCUMENTS_URL is offline://")
    content = await content_of(attachment, locate)
    if scans and is_picture(content):
        return await _scanned(content, 1, scans)
    try:
        return await asyncio.to_thread(_text, content)
    except Unread as unread:
        if scans is None or unread.reason is not Reason.EMPTY or suffix_of(content) != ".pdf":
            raise
    pages = await asyncio.to_thread(count_pages, content)
    if pages > MAX_SCANNED_PAGES:
        raise Unread(Reason.TOO_BIG, f"a scan of over {MAX_SCANNED_PAGES} pages")
    return await _scanned(content, pages, scans)


async def _scanned(content: bytes, pages: int, scans: Scans) -> str:
    try:
        scan = await scans.read(content, pages)
    except NoScan as error:
        raise Unread(Reason.UNKNOWN, str(error)) from error
    if not scan.text:
        raise Unread(Reason.BLANK, f"{scan.pages} pages without text")
    return scan.text


async def content_of(attachment: Attachment, locate: Locate | None) -> bytes:
    """The bytes. Raises Unread, Unavailable."""
    if (attachment.size or 0) > MAX_BYTES:
        raise Unread(Reason.TOO_BIG, f"over {MAX_BYTES:,} bytes")
    if attachment.content is not None:
        return attachment.content
    if not attachment.url:
        reason = Reason.TOO_BIG if attachment.size else Reason.GONE
        raise Unread(reason, "the message does not carry the file")
    content = await locate(attachment) if locate else None
    if content is None:
        raise Unread(Reason.GONE, "the channel has no place to fetch files from")
    return content


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
