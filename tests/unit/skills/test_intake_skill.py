"""What comes without a word, or in another language, is taken in and answered."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from functions.skills import intake, router
from stand_ins.documents.scan import photo, scanned_pdf
from stand_ins.speech.sound import Recording, record
from tests.lab import Lab
from tests.unit.knowledge.test_documents import word
from tests.unit.media.senses import Make, Services, file, heard, running

POLISH = "Jak długo trwa zwrot pieniędzy?"
ANSWER = "Refunds take five days from the day we get the goods."


@pytest.fixture
async def services() -> AsyncIterator[Services]:
    async with running() as found:
        yield found


def shop(lab: Make, folder: Path, *, knows: bool = True) -> Lab:
    (folder / "knowledge" / "shop").mkdir(parents=True)
    article = f"---\ntitle: Refunds\n---\nHow long do refunds take? {ANSWER}"
    (folder / "knowledge" / "shop" / "refunds.md").write_text(article)
    return lab(router.skill, intake.skill, head='knowledge = ["shop"]' if knows else "")


async def test_a_foreign_question_is_answered_in_its_language(
    lab: Make, services: Services, tmp_path: Path
) -> None:
    [said] = await heard(services.connect(shop(lab, tmp_path)), POLISH)

    assert said.startswith("[pl] ")
    assert "five days" in said


async def test_without_articles_it_says_how_it_understood(
    lab: Make, services: Services, tmp_path: Path
) -> None:
    said = await heard(services.connect(shop(lab, tmp_path, knows=False)), POLISH)

    assert said == ["[pl] I understood: How long do refunds take?"]


async def test_without_a_translator_it_says_what_it_speaks(lab: Make, tmp_path: Path) -> None:
    [said] = await heard(shop(lab, tmp_path), POLISH)

    assert "English, German" in said


async def test_a_voice_note_is_answered(lab: Make, services: Services, tmp_path: Path) -> None:
    voice = file(record(Recording("How long do refunds take?", 2.0)), "audio/ogg")
    [said] = await heard(services.connect(shop(lab, tmp_path)), "", voice)

    assert "five days" in said


async def test_files_are_read_and_their_beginning_is_shown(
    lab: Make, services: Services, tmp_path: Path
) -> None:
    fabric = services.connect(shop(lab, tmp_path))
    word(tmp_path / "plan.docx")
    said = await heard(
        fabric,
        "",
        file(photo("Order 4711"), "image/jpeg", "order.jpg"),
        file(scanned_pdf(["word " * 200]), "application/pdf", "scan.pdf"),
        file((tmp_path / "plan.docx").read_bytes(), "application/msword", "plan.docx"),
    )

    assert said[0] == "I have read order.jpg. It begins:\n\n> Order 4711"
    assert said[1].startswith("I have read scan.pdf. It begins:\n\n> word word")
    assert len(said[1]) < intake.EXCERPT + 60
    assert "Visitors" in said[2]


async def test_neither_file_nor_word_is_asked_for(
    lab: Make, services: Services, tmp_path: Path
) -> None:
    fabric = services.connect(shop(lab, tmp_path))

    [said] = await heard(fabric, "/intake")

    assert said.startswith("Send me a file, a photo or a voice note")
