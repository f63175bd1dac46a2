"""Articles as an index takes them: passages with their digest, page, language and vectors."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared.knowledge.reading import in_folder
from shared.knowledge.vectors import centre, pack
from shared.ports.index import Chunk
from shared.ports.knowledge import Passage
from shared.text.languages import language_of
from shared.text.sentences import units

if TYPE_CHECKING:
    import numpy as np

    Matrix = np.ndarray[Any, np.dtype[np.float32]]

PARTS = 24
"""Questions and sentences of a passage that have a vector."""

PACKED_BYTES = 24 * 512
"""Of these, what goes into an index: the first ones, where a model's vectors are long."""

_PAGE = re.compile(r"(?:Page|Slide) (\d+)")
"""The heading that a page of a document stands under."""


def chunks_in(root: Path) -> Iterator[Chunk]:
    """All passages of all collections, without vectors."""
    for path in sorted(root.glob("*/*.md")):
        yield from map(chunk_of, in_folder(path))


def chunk_of(passage: Passage) -> Chunk:
    about = [
        *(passage.title, passage.heading, passage.text, passage.url),
        *(list(passage.asked), list(passage.path)),
    ]
    digest = hashlib.sha256(json.dumps(about).encode("utf-8", "replace")).hexdigest()[:32]
    pages = [int(found[1]) for name in passage.path if (found := _PAGE.fullmatch(name))]
    return Chunk(passage, digest, pages[-1] if pages else 0, language_of(passage.text))


def parts_of(passage: Passage) -> tuple[Sequence[str], int]:
    """What of a passage gets a vector, and how many of these, the first, count whole."""
    headline = f"{passage.title}: {passage.heading}" if passage.heading else passage.title
    whole = [*passage.asked, headline][:PARTS]
    sentences = [unit.text for unit in units(passage.text) if len(unit.text.split()) > 2]
    return [*whole, *sentences][:PARTS], len(whole)


def with_vectors(chunk: Chunk, vectors: "Matrix", whole: int) -> Chunk:
    """`vectors` are those of `parts_of`."""
    first = vectors[: max(1, PACKED_BYTES // vectors.shape[1])]
    return replace(chunk, vector=centre(vectors), views=pack(first, min(whole, len(first))))


def content_of(chunks: Mapping[str, Chunk]) -> str:
    """What all passages, and who may read them, hash to."""
    about = [
        [id, chunk.digest, [sorted(groups) for groups in chunk.passage.access]]
        for id, chunk in sorted(chunks.items())
    ]
    return hashlib.sha256(json.dumps(about).encode("utf-8", "replace")).hexdigest()
