"""Voice, scans, photos and foreign words reach a skill as text; what does not is said honestly."""

from collections.abc import AsyncIterator
from copy import deepcopy
from pathlib import Path

import pytest

from shared.azure_ai import resource
from shared.media import sound
from shared.media.translate import Translated
from shared.ports.speech import Deaf, Unheard
from shared.wire import dumps, loads
from stand_ins.documents.scan import photo, scanned_pdf
from stand_ins.openai.faults import Fault
from stand_ins.speech.sound import Recording, record
from tests.lab import Lab
from tests.unit.knowledge.test_documents import portable, word
from tests.unit.media.senses import Make, Services, file, heard, running, understanding
from tests.unit.media.test_read import _locked_pdf as locked_pdf

QUESTION = "How long do refunds take?"
POLISH = "Jak długo trwa zwrot pieniędzy?"


@pytest.fixture
async def services() -> AsyncIterator[Services]:
    async with running() as found:
        yield found


@pytest.fixture
def fabric(lab: Make, services: Services) -> Lab:
    return services.connect(lab(understanding()))


def voice(text: str, seconds: float = 3.0, language: str = "en-US") -> dict[str, object]:
    return file(record(Recording(text, seconds, language)), "audio/ogg")


async def test_a_voice_note_is_heard(fabric: Lab) -> None:
    assert await heard(fabric, "", voice(QUESTION)) == [QUESTION]


async def test_a_foreign_message_is_understood(fabric: Lab) -> None:
    assert await heard(fabric, POLISH) == [f"pl: {QUESTION}"]


async def test_a_scan_is_read_where_it_has_no_text(fabric: Lab, services: Services) -> None:
    said = await heard(fabric, "", file(scanned_pdf(["Invoice 7"]), "application/pdf"))

    assert said == ["Invoice 7"]
    assert len(services.documents.asked) == 3


async def test_a_photo_is_read(fabric: Lab) -> None:
    assert await heard(fabric, "", file(photo("Order 4711"), "image/jpeg")) == ["Order 4711"]


async def test_a_document_with_text_is_nobodys_business(
    fabric: Lab, services: Services, tmp_path: Path
) -> None:
    portable(tmp_path / "a.pdf")
    word(tmp_path / "a.docx")
    said = [
        await heard(fabric, "", file((tmp_path / name).read_bytes(), "application/pdf"))
        for name in ("a.pdf", "a.docx")
    ]

    assert "Visitors park on level 2." in said[0][0]
    assert "Visitors" in said[1][0]
    assert services.documents.asked == []


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        (voice("", 4.0), "I heard nothing in that recording."),
        (file(b"", "audio/ogg"), "I heard nothing in that recording."),
        (voice(QUESTION, language=""), "I do not understand the language of that recording."),
        (voice(QUESTION, 7_201.0), "That recording is too long for me."),
        (file(scanned_pdf(["Invoice 7"]), "audio/ogg"), "I cannot play that recording."),
        (file(scanned_pdf([""]), "application/pdf"), "found no text in it"),
        (file(scanned_pdf(["x"] * 51), "application/pdf"), "That file is too big for me."),
        (file(locked_pdf(), "application/pdf"), "locked with a password"),
        (file(b"PK\x03\x04 a zip, half", "application/pdf", "a.pdf"), "I cannot read that file."),
        (file(b"BM no picture", "image/jpeg"), "I cannot read that file."),
    ],
    ids=[
        *("silent", "empty", "unknown language", "too long", "a type that lies"),
        *("blank scan", "a thick scan", "encrypted", "zip named pdf", "no picture"),
    ],
)
async def test_what_gives_no_text_says_why(fabric: Lab, sent: dict[str, object], says: str) -> None:
    [said] = await heard(fabric, "", sent)

    assert says in said


@pytest.mark.parametrize("text", ["Qapla' batlh"])
async def test_a_language_that_nobody_knows_is_no_translation(fabric: Lab, text: str) -> None:
    assert await heard(fabric, text) == [
        "I do not know that language. Could you write it in another one?"
    ]


@pytest.mark.parametrize(
    ("text", "sent", "says"),
    [
        ("", [voice(QUESTION)], "I cannot listen to recordings here."),
        (POLISH, [], "I cannot translate here."),
        ("", [file(photo("Order"), "image/jpeg")], "I cannot read pictures here."),
        ("", [file(scanned_pdf(["Invoice"]), "application/pdf")], "I found no text in that file."),
    ],
    ids=["voice", "translation", "photo", "scan"],
)
async def test_without_the_services_that_is_said(
    lab: Make, text: str, sent: list[dict[str, object]], says: str
) -> None:
    [said] = await heard(lab(understanding()), text, *sent)

    assert says in said


SENT = {
    "speech": ("", [voice(QUESTION)], QUESTION),
    "translator": (POLISH, [], f"pl: {QUESTION}"),
    "documents": ("", [file(photo("Order 4711"), "image/jpeg")], "Order 4711"),
}


@pytest.mark.parametrize("name", SENT)
@pytest.mark.parametrize(
    "fault",
    [Fault(status=429, headers={"Retry-After": "1"}), Fault(status=503), Fault("drop")],
    ids=["429", "503", "lost"],
)
async def test_a_service_that_fails_has_the_person_told_once_and_answered(
    fabric: Lab, services: Services, monkeypatch: pytest.MonkeyPatch, name: str, fault: Fault
) -> None:
    monkeypatch.setattr(resource, "PATIENCE", 0.0)
    services.all[name].fail(fault)
    text, sent, answer = SENT[name]
    said = await heard(fabric, text, *sent)

    assert len(said) == 2
    assert "longer than usual" in said[0]
    assert said[1] == answer


def test_a_translation_is_a_text_that_can_be_kept() -> None:
    made = Translated("How long do refunds take?", "pl")
    kept = deepcopy(made)

    assert (kept, kept.language) == ("How long do refunds take?", "pl")
    assert loads(dumps({"question": made})) == {"question": "How long do refunds take?"}


@pytest.mark.parametrize("kind", ["wav", "ogg"])
def test_a_recording_is_not_longer_than_it_is_held_for(kind: str) -> None:
    made = record(Recording(QUESTION, 60.0), "wav" if kind == "wav" else "ogg")

    assert 60.0 <= sound.longest_seconds(made) < 61.0


@pytest.mark.parametrize(
    "head", [b"fLaC", b"ID3", b"#!AMR\n", b"\xff\xfb", b"\x00\x00\x00\x18ftypM4A "]
)
def test_other_recordings_are_bounded_by_their_size(head: bytes) -> None:
    content = head + bytes(50_000 - len(head))

    assert sound.kind_of(content)
    assert sound.longest_seconds(content) == 100.0


@pytest.mark.parametrize(
    "lie", [b"OggS", b"RIFF", b"OggS" + bytes(60), b"RIFF\0\0\0\0WAVEfmt " + bytes(40)]
)
def test_a_container_that_tells_nothing_is_bounded_by_its_size(lie: bytes) -> None:
    assert sound.longest_seconds(lie) == len(lie) / 500


@pytest.mark.parametrize("content", [b"%PDF-1.7", b"hello", b"\xff\xd8\xff"])
def test_what_is_no_recording_is_not_sent_anywhere(content: bytes) -> None:
    with pytest.raises(Unheard) as refused:
        sound.kind_of(content)

    assert refused.value.reason is Deaf.UNKNOWN
