"""What is read of documents, and what is said of those that cannot be read."""

from pathlib import Path
from typing import Any

import docx
import openpyxl  # type: ignore[import-untyped]
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from pptx import Presentation
from pypdf import PdfWriter

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


def run(text: str) -> str:
    return f'<w:r><w:t xml:space="preserve">{text}</w:t></w:r>'


def control(inside: str) -> str:
    return f"<w:sdt><w:sdtContent>{inside}</w:sdtContent></w:sdt>"


def tracked(kind: str, inside: str) -> str:
    return f'<w:{kind} w:id="1" w:author="Ann">{inside}</w:{kind}>'


def cell(text: str, span: int = 1) -> str:
    return f'<w:tc><w:tcPr><w:gridSpan w:val="{span}"/></w:tcPr><w:p>{run(text)}</w:p></w:tc>'


GONE = "<w:r><w:delText>250</w:delText></w:r><w:r><w:t>251</w:t></w:r>"
SENTENCE = "".join(
    [
        run("A night costs "),
        tracked("del", GONE),
        tracked("ins", run("90")),
        run(" euros in "),
        control(run("Bonn")),
        tracked("moveFrom", run(" and Rome")),
        f'<w:hyperlink w:anchor="a">{run(", breakfast included")}</w:hyperlink>',
        "<w:r><w:noBreakHyphen/><w:t>.</w:t></w:r>",
    ]
)
BOX = f"<w:txbxContent><w:p>{run('Ask the desk.')}</w:p></w:txbxContent>"
DRAWN = (
    "<w:r><mc:AlternateContent><mc:Choice Requires='wps'>"
    f"{BOX}</mc:Choice><mc:Fallback>{BOX}</mc:Fallback></mc:AlternateContent></w:r>"
)
ROWS = "".join(
    [
        control(f"<w:tr>{cell('City')}{control(cell('Euros'))}</w:tr>"),
        f"<w:tr><w:trPr>{tracked('del', '')}</w:trPr>{cell('Rome')}{cell('400')}</w:tr>",
        f"<w:tr>{cell('Bonn, every night', span=2)}</w:tr>",
    ]
)
COMPATIBLE = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'


def of_parts(path: Path, *parts: str) -> Path:
    document = docx.Document()
    body = document.element.body
    for part in reversed(parts):
        tag, _, rest = part.partition(">")
        body.insert(0, parse_xml(f"{tag} {nsdecls('w')} {COMPATIBLE}>{rest}"))
    document.save(str(path))
    return path


def test_a_word_document_is_read_as_word_shows_it(tmp_path: Path) -> None:
    path = of_parts(
        tmp_path / "a.docx",
        f"<w:p>{SENTENCE}</w:p>",
        control(f"<w:p>{run('Whole paragraphs too.')}</w:p>"),
        f"<w:p>{run('Beside:')}{DRAWN}</w:p>",
        f"<w:tbl>{ROWS}</w:tbl>",
    )

    assert read(path).markdown.split("\n\n") == [
        "A night costs 90 euros in Bonn, breakfast included-.",
        "Whole paragraphs too.",
        "Beside:",
        "Ask the desk.",
        "| City | Euros |\n| --- | --- |\n| Bonn, every night |  |",
    ]


@pytest.mark.parametrize("algorithm", ["RC4-128", "AES-256"])
@pytest.mark.parametrize(
    ("password", "said"), [("let me in", "is locked with a password; remove it"), ("", "")]
)
def test_a_pdf_is_locked_only_if_it_asks_for_a_password(
    tmp_path: Path, algorithm: str, password: str, said: str
) -> None:
    """A document that only forbids printing opens for everybody."""
    plain = made(tmp_path, ".pdf")
    writer = PdfWriter(clone_from=plain)
    writer.encrypt(password, owner_password="owner", algorithm=algorithm)
    writer.write(plain)

    if said:
        with pytest.raises(Unreadable, match=said):
            read(plain)
    else:
        assert "level 2" in read(plain).markdown


def test_a_scan_is_named_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "scan.pdf"
    writer = PdfWriter()
    writer.add_blank_page(300, 300)
    writer.write(path)

    with pytest.raises(Unreadable, match="holds no text; a scan needs text recognition first"):
        read(path)
