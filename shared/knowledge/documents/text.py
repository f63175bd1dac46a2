"""Plain text and Markdown."""

import re
from pathlib import Path

from shared.knowledge.documents.document import Document

_TITLE = re.compile(r"\A\s*#\s+(.+?)[\s#]*$", re.MULTILINE)


def read(path: Path) -> Document:
    text = path.read_text("utf-8", "replace").removeprefix("\ufeff")
    title = _TITLE.match(text)
    return Document(text[title.end() :] if title else text, title[1] if title else "")
