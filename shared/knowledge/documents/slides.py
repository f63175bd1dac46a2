"""Presentations: each slide under its title, with the speaker's notes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from shared.knowledge.documents.document import Document
from shared.knowledge.documents.table import table


def read(path: Path) -> Document:
    from pptx import Presentation

    deck = Presentation(str(path))
    slides = [_slide(number, slide) for number, slide in enumerate(deck.slides, start=1)]
    return Document("\n\n".join(slides), " ".join((deck.core_properties.title or "").split()))


def _slide(number: int, slide: Any) -> str:
    title = slide.shapes.title
    name = " ".join(title.text.split()) if title is not None else ""
    parts = [f"## {name or f'Slide {number}'}", *_texts(slide, title)]
    if slide.has_notes_slide:
        parts.append(slide.notes_slide.notes_text_frame.text.strip())
    return "\n\n".join(filter(None, parts))


def _texts(slide: Any, title: Any) -> Iterator[str]:
    for shape in slide.shapes:
        if title is not None and shape.shape_id == title.shape_id:
            continue
        if shape.has_text_frame:
            yield "\n".join(p.text for p in shape.text_frame.paragraphs if p.text.strip())
        elif shape.has_table:
            yield table([[cell.text for cell in row.cells] for row in shape.table.rows])
