"""`botfabric knowledge sync`, its second half: the articles go into the index, if there is one."""

import sys
from collections.abc import Callable
from dataclasses import dataclass

from shared.bot import Bot
from shared.errors import Unavailable
from shared.fabric import Fabric
from shared.knowledge.chunks import chunks_in
from shared.knowledge.indexed import Indexed, IndexedBase
from shared.knowledge.indexing import Brought, bring


@dataclass(frozen=True, slots=True)
class Outcome:
    """`problem` is "" when the index is what the articles say."""

    brought: Brought
    problem: str = ""

    @property
    def line(self) -> str:
        done = self.brought
        without = f", {done.without_vector} without a vector" if done.without_vector else ""
        return (
            f"index: {done.written} written, {done.same} unchanged, {done.gone} gone, "
            f"{done.access} with other readers{without}"
        )


async def bring_index(
    fabric: Fabric, *, rebuild: bool, progress: Callable[[str, int, int], None]
) -> Outcome:
    """Bring the index of FABRIC_INDEX_URL to what the articles say."""
    index = _indexed(fabric).index
    done = Brought()
    try:
        if rebuild:
            await index.clear()
        chunks = {chunk.id: chunk for chunk in chunks_in(fabric.settings.knowledge_dir)}
        payer = _payer(fabric)
        async for done in bring(index, chunks, fabric.ai.embedder(payer) if payer else None):
            progress("index", done.written, done.of)
    except Unavailable as error:
        return Outcome(done, f"{error}; run it again, it goes on where it was")
    if done.reason:
        return Outcome(done, f"{done.reason}; words find these until the next sync")
    return Outcome(done)


def searched(fabric: Fabric) -> IndexedBase:
    """The articles in the index, for a search that no bot asks."""
    payer = _payer(fabric)
    return IndexedBase(_indexed(fabric), fabric.ai.embedder(payer) if payer else None)


def _indexed(fabric: Fabric) -> Indexed:
    assert fabric.ai.indexed is not None  # noqa: S101 -- whoever calls has seen the setting
    return fabric.ai.indexed


def _payer(fabric: Fabric) -> Bot | None:
    """Whose limits the vectors of articles count against: the first bot that has articles."""
    bots = sorted(fabric.bots.values(), key=lambda bot: bot.id)
    return next((bot for bot in bots if bot.knowledge), bots[0] if bots else None)


def report(outcome: Outcome) -> None:
    print(outcome.line)
    if outcome.problem:
        print(f"  index: {outcome.problem}", file=sys.stderr)
