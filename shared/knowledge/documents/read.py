"""Reads a document by the ending of its name."""

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path

from shared.knowledge.documents.document import (
    MAX_BYTES,
    MAX_CHARACTERS,
    Document,
    Empty,
    TooLarge,
    Unreadable,
)

_MODULES: Mapping[str, str] = {
    ".md": "text",
    ".txt": "text",
    ".html": "html",
    ".htm": "html",
    ".pdf": "pdf",
    ".docx": "word",
    ".pptx": "slides",
    ".xlsx": "sheets",
}
SUFFIXES = frozenset(_MODULES)


def read(path: Path) -> Document:
    """Raises Unreadable, whatever is wrong with the document."""
    if path.stat().st_size > MAX_BYTES:
        raise TooLarge(f"over {MAX_BYTES // 1_000_000} MB; split it")
    name = _MODULES[path.suffix.lower()]
    module = import_module(f"shared.knowledge.documents.{name}")
    reader: Callable[[Path], Document] = module.read
    try:
        document = reader(path)
    except Unreadable:
        raise
    except ImportError as error:
        raise Unreadable(f"needs {error.name}: pip install 'bot-fabric[documents]'") from None
    except Exception as error:  # a reader meets whatever a stranger's file holds
        raise Unreadable(f"cannot be read as {path.suffix} ({type(error).__name__})") from error
    if not document.markdown.strip():
        raise Empty("holds no text; a scan needs text recognition first")
    if len(document.markdown) > MAX_CHARACTERS:
        raise TooLarge(f"over {MAX_CHARACTERS:,} characters; split it")
    return document
