"""Brings an index to what the articles say: what is gone goes first, then what is shut.

A chunk says in the index what its text hashed to, so a sync that was killed at any point goes on
where it was, and one without changes writes nothing. Where there is no vector to be had the words
of a passage go in, and the next sync tries again.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass

from shared.knowledge.chunks import content_of, parts_of, with_vectors
from shared.knowledge.embedding import FAILURES, Embedder
from shared.ports.index import Chunk, PassageIndex, Stamp
from shared.ports.knowledge import Access

AT_ONCE = 32
"""Passages that are embedded and written together."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What there is to do: ids that go, readers that change, chunks to write.

    `same` is how many stay as they are, `wordless` how many of these have no vector.
    """

    gone: Sequence[str]
    access: Mapping[str, Access]
    write: Sequence[Chunk]
    same: int
    wordless: int


@dataclass(frozen=True, slots=True)
class Brought:
    """How far a sync is, in passages; `reason` says why some are without a vector."""

    written: int = 0
    of: int = 0
    same: int = 0
    gone: int = 0
    access: int = 0
    without_vector: int = 0
    reason: str = ""


def plan_index(chunks: Mapping[str, Chunk], kept: Mapping[str, Stamp], *, embeds: bool) -> Plan:
    """`embeds` is whether vectors can be had; else what has none is left as it is."""
    write, access, same, wordless = list[Chunk](), dict[str, Access](), 0, 0
    for id, chunk in chunks.items():
        stamp = kept.get(id)
        if stamp is None or stamp.digest != chunk.digest or (embeds and not stamp.has_vector):
            write.append(chunk)
            continue
        wordless += not stamp.has_vector
        if stamp.access != chunk.passage.access:
            access[id] = chunk.passage.access
        else:
            same += 1
    return Plan([id for id in kept if id not in chunks], access, write, same, wordless)


async def bring(
    index: PassageIndex, chunks: Mapping[str, Chunk], embedder: Embedder | None
) -> AsyncIterator[Brought]:
    """Do it; yields how far it is, at least once.

    Raises ConfigurationError when the index has vectors of another model, Unavailable when it is
    away: what was done stays done.
    """
    dimensions, reason = await _probe(embedder)
    await index.begin(embedder.model if embedder and dimensions else "", dimensions)
    kept = await index.kept()
    plan = plan_index(chunks, kept, embeds=dimensions > 0)
    if plan.gone:
        await index.remove(plan.gone)
    if readers := {**plan.access, **_narrowed(plan.write, kept)}:
        await index.admit(readers)
    written, without = 0, plan.wordless
    for start in range(0, len(plan.write) or 1, AT_ONCE):
        some = plan.write[start : start + AT_ONCE]
        if embedder and not reason:
            try:
                some = await _embedded(some, embedder)
            except FAILURES as error:
                reason = str(error) or type(error).__name__
        if some:
            await index.put(some)
        written += len(some)
        without += sum(chunk.vector is None for chunk in some)
        yield Brought(
            *(written, len(plan.write), plan.same, len(plan.gone), len(plan.access)),
            *(without, reason),
        )
    await index.seal(content_of(chunks))


def _narrowed(write: Sequence[Chunk], kept: Mapping[str, Stamp]) -> Mapping[str, Access]:
    """Whose old text is still there, and must not be read by who may no more."""
    return {
        chunk.id: chunk.passage.access
        for chunk in write
        if chunk.id in kept and kept[chunk.id].access != chunk.passage.access
    }


async def _probe(embedder: Embedder | None) -> tuple[int, str]:
    """The dimensions of the vectors that can be had now, 0 for none, and then why."""
    if embedder is None:
        return 0, ""
    try:
        return int((await embedder.passages(["probe"])).shape[1]), ""
    except FAILURES as error:
        return 0, str(error) or type(error).__name__


async def _embedded(chunks: Sequence[Chunk], embedder: Embedder) -> list[Chunk]:
    parts = [parts_of(chunk.passage) for chunk in chunks]
    if not parts:
        return []
    vectors = await embedder.passages([text for texts, _ in parts for text in texts])
    found, start = [], 0
    for chunk, (texts, whole) in zip(chunks, parts, strict=True):
        found.append(with_vectors(chunk, vectors[start : start + len(texts)], whole))
        start += len(texts)
    return found
