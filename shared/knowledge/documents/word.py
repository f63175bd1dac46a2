"""Word documents: headings, paragraphs, lists and tables, in their order."""

import re
from collections.abc import Iterator
from pathlib import Path

from shared.knowledge.documents.document import Document
from shared.knowledge.documents.table import table

_HEADING = re.compile(r"(?:Heading|Überschrift|Titre) (\d)")


def read(path: Path) -> Document:
    import docx

    document = docx.Document(str(path))
    title = document.core_properties.title or ""
    return Document("\n\n".join(_blocks(document)), " ".join(title.split()))


def _blocks(document: object) -> Iterator[str]:
    from docx.table import Table

    for block in document.iter_inner_content():  # type: ignore[attr-defined]
        if isinstance(block, Table):
            yield table([[cell.text for cell in row.cells] for row in block.rows])
            continue
        text = block.text.strip()
        style = block.style.name if block.style is not None else ""
        if not text:
            continue
        if heading := _HEADING.match(style or ""):
            yield f"{'#' * min(6, int(heading[1]) + 1)} {text}"
        elif style and style.startswith("List"):
            yield f"- {text}"
        else:
            yield text
