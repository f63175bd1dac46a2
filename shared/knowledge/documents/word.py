"""Word documents: headings, paragraphs, lists and tables, in their order.

The words are read from the document's XML, as Word shows them: what was inserted while changes were
tracked, content controls and text boxes are in, what was deleted or moved away is not. python-docx
gives neither the one nor the other.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.knowledge.documents.document import Document
from shared.knowledge.documents.table import table

_HEADING = re.compile(r"(?:Heading|Überschrift|Titre) (\d)")
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_BESIDE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
"""The same once more, for programs that cannot show the first."""

_UNSEEN = frozenset({f"{_WORD}del", f"{_WORD}moveFrom", f"{_WORD}txbxContent", _BESIDE})
"""What is not part of a line; a text box is read after the paragraph that it hangs on."""

_AROUND = frozenset(f"{_WORD}{name}" for name in ("sdt", "sdtContent", "customXml", "ins"))
_SIGNS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}


def read(path: Path) -> Document:
    import docx

    document = docx.Document(str(path))
    title = document.core_properties.title or ""
    text = _Text(document)
    return Document("\n\n".join(text.blocks(document.element.body)), " ".join(title.split()))


@dataclass(frozen=True, slots=True)
class _Text:
    """`document` knows the names of styles."""

    document: Any

    def blocks(self, parent: Any) -> Iterator[str]:
        for element in _within(parent):
            if element.tag == f"{_WORD}tbl":
                yield table(list(self._rows(element)))
            elif element.tag == f"{_WORD}p":
                yield from self._paragraph(element)

    def _paragraph(self, element: Any) -> Iterator[str]:
        text, style = _line(element).strip(), self._style(element)
        if text and (heading := _HEADING.match(style)):
            yield f"{'#' * min(6, int(heading[1]) + 1)} {text}"
        elif text:
            yield f"- {text}" if style.startswith("List") else text
        for box in element.iter(f"{_WORD}txbxContent"):
            if not any(outer.tag in (_BESIDE, f"{_WORD}del") for outer in box.iterancestors()):
                yield from self.blocks(box)

    def _rows(self, grid: Any) -> Iterator[list[str]]:
        for row in _within(grid):
            if row.tag != f"{_WORD}tr" or row.find(f"{_WORD}trPr/{_WORD}del") is not None:
                continue
            cells = list[str]()
            for cell in _within(row):
                if cell.tag == f"{_WORD}tc":
                    span = cell.find(f"{_WORD}tcPr/{_WORD}gridSpan")
                    columns = 1 if span is None else int(span.get(f"{_WORD}val", "1"))
                    cells += [" ".join(self.blocks(cell)), *[""] * (min(columns, 64) - 1)]
            yield cells

    def _style(self, paragraph: Any) -> str:
        from docx.text.paragraph import Paragraph

        style = Paragraph(paragraph, self.document._body).style
        return style.name or "" if style is not None else ""


def _within(parent: Any) -> Iterator[Any]:
    """The children of an element, with those that stand in something that only surrounds them."""
    for child in parent:
        if child.tag in _AROUND:
            yield from _within(child)
        else:
            yield child


def _line(element: Any) -> str:
    """The words of a paragraph or of a part of it, as they are seen."""
    parts = []
    for child in element:
        if child.tag == f"{_WORD}t":
            parts.append(child.text or "")
        elif child.tag in _UNSEEN or not isinstance(child.tag, str):
            continue
        else:
            parts.append(_SIGNS.get(child.tag.removeprefix(_WORD), "") or _line(child))
    return "".join(parts)
