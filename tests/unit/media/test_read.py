"""Files of the three channels reach a skill, and their text; what has none is said honestly."""

import base64
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docx
import pypdf
import pytest

from shared.activity import Activity
from shared.channels.directline.upload import activity_of as upload
from shared.channels.whatsapp.activity import activity_of as whatsapp
from shared.media.attachment import TEAMS_FILE, Attachment, attachments_of
from shared.media.read import read
from shared.media.unread import Reason, Unread
from shared.skill import Skill
from shared.turn import Turn
from tests.lab import Lab
from tests.unit.knowledge.test_documents import PAGE, portable, word

SENTENCE = "Visitors park on level 2."
BOUNDARY = "multipart/form-data; boundary=b"


def teams(name: str, url: str) -> Activity:
    about = {"downloadUrl": url, "uniqueId": "1", "fileType": "pdf"}
    file = {"contentType": TEAMS_FILE, "name": name, "content": about}
    card = {"contentType": "application/vnd.microsoft.card.adaptive", "content": {}}
    return Activity(type="message", attachments=[card, file])


def uploaded(name: str, kind: str, content: bytes) -> Activity:
    head = f'--b\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
    part = head.encode() + f"Content-Type: {kind}\r\n\r\n".encode() + content
    return upload(BOUNDARY, part + b"\r\n--b--\r\n")


def sent(id: str) -> Activity:
    body = {"id": id, "mime_type": "application/pdf", "filename": "plan.pdf", "sha256": "x"}
    return whatsapp({"type": "document", "id": "wamid.1", "document": body}, None)


def test_a_file_of_teams_is_where_its_address_says() -> None:
    url = "https://contoso.sharepoint.com/a"

    assert attachments_of(teams("plan.pdf", url)) == (
        Attachment("plan.pdf", "application/pdf", url),
    )


def test_a_file_of_whatsapp_is_named_by_its_id() -> None:
    assert attachments_of(sent("77")) == (
        Attachment("plan.pdf", "application/pdf", "whatsapp:media/77"),
    )


def test_a_place_or_a_contact_is_no_file() -> None:
    place = {"type": "location", "id": "1", "location": {"latitude": 1, "longitude": 2}}

    assert attachments_of(whatsapp(place, None)) == ()


def test_a_small_file_of_the_web_comes_along() -> None:
    assert attachments_of(uploaded("a.txt", "text/plain", b"hello")) == (
        Attachment("a.txt", "text/plain", content=b"hello", size=5),
    )


async def test_a_large_file_of_the_web_is_named_only() -> None:
    (file,) = attachments_of(uploaded("a.txt", "text/plain", b"x" * 70_000))

    assert (file.content, file.url, file.size) == (None, "", 70_000)
    assert await _why(file) is Reason.TOO_BIG


def test_an_address_is_not_shown() -> None:
    assert "sharepoint" not in repr(attachments_of(teams("a", "https://x.sharepoint.com/?t=1")))


@pytest.mark.parametrize(
    "raw",
    [
        {},
        {"contentType": 7, "contentUrl": [], "name": {}},
        {"contentType": TEAMS_FILE, "content": "https://x.sharepoint.com/"},
        {"contentType": TEAMS_FILE, "content": {"downloadUrl": 7}},
        {"contentType": "text/plain", "contentUrl": "data:text/plain;base64,*"},
    ],
)
async def test_a_malformed_attachment_is_one_that_cannot_be_read(raw: dict[str, Any]) -> None:
    activity = Activity(attachments=[raw], channelData={"attachmentSizes": ["x"]})
    (file,) = attachments_of(activity)

    assert await _why(file) in (Reason.GONE, Reason.EMPTY)


def _pdf(folder: Path) -> bytes:
    portable(folder / "a.pdf")
    return (folder / "a.pdf").read_bytes()


def _docx(folder: Path) -> bytes:
    word(folder / "a.docx")
    return (folder / "a.docx").read_bytes()


KINDS: dict[str, Callable[[Path], bytes]] = {
    "pdf": _pdf,
    "docx": _docx,
    "html": lambda _: PAGE,
    "markdown": lambda _: f"# Parking\n\n{SENTENCE}".encode(),
    "utf-16": lambda _: SENTENCE.encode("utf-16"),
    "windows": lambda _: f"{SENTENCE} Gebühr".encode("cp1252"),
}


@pytest.mark.parametrize("kind", KINDS)
async def test_a_document_is_read_whatever_it_claims(tmp_path: Path, kind: str) -> None:
    file = Attachment("a.exe", "application/x-lie", content=KINDS[kind](tmp_path))

    assert "level" in await read(file, None)
    assert "Visitors" in await read(file, None)


async def test_plain_text_keeps_its_first_line() -> None:
    file = Attachment("a.md", "text/markdown", content=b"# Parking\n\nLevel 2")

    assert await read(file, None) == "# Parking\n\nLevel 2"


def _zip(parts: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return made.getvalue()


def _written(writer: pypdf.PdfWriter) -> bytes:
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


def _locked_pdf() -> bytes:
    writer = pypdf.PdfWriter()
    writer.add_blank_page(100, 100)
    writer.encrypt("secret", algorithm="RC4-128")
    return _written(writer)


def _scan() -> bytes:
    writer = pypdf.PdfWriter()
    writer.add_blank_page(100, 100)
    return _written(writer)


def _empty_docx() -> bytes:
    made = io.BytesIO()
    docx.Document().save(made)
    return made.getvalue()


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
UNREAD: dict[str, tuple[Callable[[], bytes], Reason]] = {
    "locked pdf": (_locked_pdf, Reason.LOCKED),
    "locked office": (lambda: OLE + "EncryptedPackage".encode("utf-16-le"), Reason.LOCKED),
    "scan": (_scan, Reason.EMPTY),
    "empty docx": (_empty_docx, Reason.EMPTY),
    "nothing": (lambda: b"", Reason.EMPTY),
    "blanks": (lambda: b" \n\t", Reason.EMPTY),
    "old office": (lambda: OLE + b"WordDocument", Reason.UNKNOWN),
    "zip": (lambda: _zip({"a.txt": b"hello"}), Reason.UNKNOWN),
    "half a zip": (lambda: _zip({"word/document.xml": b"<a/>"})[:40], Reason.UNKNOWN),
    "no docx": (lambda: _zip({"word/document.xml": b"<a/>"}), Reason.UNKNOWN),
    "program": (lambda: b"MZ\x90\x00\x03\x00\x00", Reason.UNKNOWN),
    "picture": (lambda: b"\x89PNG\r\n\x1a\n\x00\x00", Reason.UNKNOWN),
    "broken pdf": (lambda: b"%PDF-1.7\ngarbage", Reason.UNKNOWN),
    "bomb": (
        lambda: _zip({"word/document.xml": b"", "word/a.xml": bytes(200_000_001)}),
        Reason.TOO_BIG,
    ),
}


@pytest.mark.parametrize("kind", UNREAD)
async def test_what_cannot_be_read_says_why(kind: str) -> None:
    made, reason = UNREAD[kind]

    assert await _why(Attachment("a.pdf", "application/pdf", content=made())) is reason


@pytest.mark.parametrize("kind", ["image/png", "audio/ogg", "video/mp4"])
async def test_pictures_sound_and_film_are_not_fetched(kind: str) -> None:
    expected = Reason.UNSEEN if kind == "image/png" else Reason.UNKNOWN

    assert await _why(Attachment("a", kind, "https://x.sharepoint.com/")) is expected


async def _why(file: Attachment) -> Reason:
    with pytest.raises(Unread) as refused:
        await read(file, None)
    return refused.value.reason


async def summarise(turn: Turn) -> None:
    for file in turn.attachments:
        turn.reply(await turn.read(file))


async def test_a_skill_reads_an_upload_and_the_person_hears_why_it_cannot(
    lab: Callable[..., Lab],
) -> None:
    fabric = lab(Skill("sum", "Sums up", message=summarise))
    await fabric.say("", attachments=uploaded("a.txt", "text/plain", b"Level 2")["attachments"])
    await fabric.drain()
    web = base64.b64encode(_locked_pdf()).decode()
    locked = {"contentType": "application/pdf", "contentUrl": f"data:a/b;base64,{web}"}
    await fabric.say("", attachments=[locked])
    await fabric.drain()

    assert fabric.heard()[0] == "Level 2"
    assert "locked with a password" in fabric.heard()[1]
