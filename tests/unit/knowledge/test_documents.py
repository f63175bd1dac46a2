"""What is read of documents, and what is said of those that cannot be read."""

from pathlib import Path
from typing import Any

import docx
import openpyxl  # type: ignore[import-untyped]
import pytest
from pptx import Presentation

from shared.knowledge.documents.document import Unreadable
from shared.knowledge.documents.read import SUFFIXES, read

PAGE = b"""<html><head><title>Site</title><style>p{}</style></head><body><nav>Home</nav>
<main><h1>Parking</h1><h2>Visitors</h2><p>Visitors park on <b>level 2</b>.</p>
<script>alert(1)</script><ul><li>Take a ticket</li></ul></main><footer>Imprint</footer>
</body></html>"""

OBJECTS = (
    b"<</Type/Catalog/Pages 2 0 R>>",
    b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
    b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Contents 4 0 R"
    b"/Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>",
    b"<</Length 53>>stream\nBT /F1 12 Tf 20 200 Td (Visitors park on level 2.) Tj ET\nendstream",
)


def portable(path: Path) -> None:
    body, places = b"%PDF-1.4\n", []
    for number, content in enumerate(OBJECTS, start=1):
        places.append(len(body))
        body += b"%d 0 obj%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer<</Size 5/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % len(body)
    path.write_bytes(body + b"xref\n0 5\n0000000000 65535 f \n" + table + end)


def word(path: Path) -> None:
    document = docx.Document()
    document.core_properties.title = "Parking"
    document.add_heading("Visitors", 1)
    document.add_paragraph("Visitors park on level 2.")
    document.add_paragraph("Take a ticket", style="List Bullet")
    grid = document.add_table(rows=2, cols=2)
    for cell, text in zip(grid._cells, ("Level", "Who", "2", "Visitors"), strict=True):
        cell.text = text
    document.save(str(path))


def slides(path: Path) -> None:
    deck = Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    slide.shapes.title.text = "Visitors"
    slide.placeholders[1].text = "Visitors park on level 2."
    slide.notes_slide.notes_text_frame.text = "Say that it is free."
    deck.core_properties.title = "Parking"
    deck.save(str(path))


def sheets(path: Path) -> None:
    book: Any = openpyxl.Workbook()
    book.active.title = "Visitors"
    book.active.append(["Level", "Who"])
    book.active.append([2, "Visitors park on level 2."])
    book.properties.title = "Parking"
    book.save(path)


def made(folder: Path, kind: str) -> Path:
    path = folder / f"a{kind}"
    match kind:
        case ".docx":
            word(path)
        case ".pptx":
            slides(path)
        case ".xlsx":
            sheets(path)
        case ".pdf":
            portable(path)
        case ".html" | ".htm":
            path.write_bytes(PAGE)
        case _:
            path.write_text("# Parking\n\n## Visitors\n\nVisitors park on level 2.")
    return path


@pytest.mark.parametrize("kind", sorted(SUFFIXES))
def test_text_and_headings_are_read(tmp_path: Path, kind: str) -> None:
    document = read(made(tmp_path, kind))

    assert "level 2" in document.markdown
    assert "\n## " in f"\n{document.markdown}"
    assert document.title == ("" if kind == ".pdf" else "Parking")


def test_a_page_is_its_content_alone(tmp_path: Path) -> None:
    markdown = read(made(tmp_path, ".html")).markdown
    assert "* Take a ticket" in markdown
    assert not [one for one in ("alert", "Home", "Imprint", "p{}") if one in markdown]


def test_tables_and_notes_are_read(tmp_path: Path) -> None:
    assert "| 2 | Visitors |" in read(made(tmp_path, ".docx")).markdown
    assert "| 2 | Visitors park on level 2. |" in read(made(tmp_path, ".xlsx")).markdown
    assert "Say that it is free." in read(made(tmp_path, ".pptx")).markdown


@pytest.mark.parametrize("kind", sorted(SUFFIXES - {".md", ".txt", ".html", ".htm"}))
@pytest.mark.parametrize("content", [b"", b"not what it says", b"PK\x03\x04broken", b"%PDF-1.7\n"])
def test_a_broken_document_is_unreadable_and_nothing_else(
    tmp_path: Path, kind: str, content: bytes
) -> None:
    path = tmp_path / f"a{kind}"
    path.write_bytes(content)
    with pytest.raises(Unreadable, match=r"cannot be read as|holds no text"):
        read(path)


def test_an_empty_document_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(" \n")
    with pytest.raises(Unreadable, match="needs text recognition"):
        read(path)
