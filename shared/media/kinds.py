"""What a file is by its bytes, whatever its name and type claim."""

import io
import re

from shared.media.unread import Reason, Unread

MAX_UNPACKED_BYTES = 200_000_000
"""What an Office document may be when it is unpacked."""

MAX_PARTS = 5_000

_PDF_WITHIN = 1_024
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_OFFICE = {
    "word/document.xml": ".docx",
    "ppt/presentation.xml": ".pptx",
    "xl/workbook.xml": ".xlsx",
}
_MARKUP = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype html|html)\b", re.I | re.S
)
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")


_PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"BM")
_HEIF = frozenset((b"heic", b"heix", b"mif1", b"msf1"))


def is_picture(content: bytes) -> bool:
    """Whether it is one page of a picture: JPEG, PNG, BMP or HEIF."""
    heif = content[4:8] == b"ftyp" and content[8:12] in _HEIF
    return heif or content.startswith(_PICTURES)


def suffix_of(content: bytes) -> str:
    """The ending that a file of this content has: `.pdf`, `.docx`, `.html`, `.txt`, ...

    Raises Unread for one that is locked, of no kind that is read, or too big once unpacked.
    """
    if b"%PDF-" in content[:_PDF_WITHIN]:
        return ".pdf"
    if content.startswith(b"PK\x03\x04"):
        return _office(content)
    if content.startswith(_OLE):
        locked = _ENCRYPTED in content
        raise Unread(Reason.LOCKED if locked else Reason.UNKNOWN, "an OLE file")
    return ".html" if _MARKUP.match(text_of(content)) else ".txt"


def text_of(content: bytes) -> str:
    """The content as text. Raises Unread when it is none."""
    codec = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    for each in (codec, "cp1252"):
        try:
            text = content.decode(each)
        except UnicodeDecodeError:
            continue
        if not _CONTROLS.search(text):
            return text
    raise Unread(Reason.UNKNOWN, "neither a document nor text")


def _office(content: bytes) -> str:
    from zipfile import BadZipFile, ZipFile

    try:
        with ZipFile(io.BytesIO(content)) as package:
            parts = package.infolist()
    except (BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise Unread(Reason.UNKNOWN, "a damaged package") from error
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED_BYTES:
        raise Unread(Reason.TOO_BIG, "too much once unpacked")
    for part in parts:
        if suffix := _OFFICE.get(part.filename):
            return suffix
    raise Unread(Reason.UNKNOWN, "a package of no Office kind")
