"""PDF documents, each page under a heading of its own."""

import io
from pathlib import Path

from shared.knowledge.documents.document import Document, Locked


def count_pages(content: bytes) -> int:
    """How many pages a PDF has that could be read."""
    from pypdf import PdfReader

    return len(PdfReader(io.BytesIO(content)).pages)


def read(path: Path) -> Document:
    from pypdf import PdfReader

    reader = PdfReader(path)
    if reader.is_encrypted and not reader.decrypt(""):
        raise Locked("is locked with a password; remove it")
    pages = []
    for number, page in enumerate(reader.pages, start=1):
        if text := (page.extract_text() or "").strip():
            pages.append(f"## Page {number}\n\n{text}")
    title = (reader.metadata.title or "") if reader.metadata else ""
    return Document("\n\n".join(pages), " ".join(title.split()))
