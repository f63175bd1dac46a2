"""What spans and the ledger cost a turn: the same turns with and without, taken by turns."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

from bench.audited import UNLIMITED, take_round
from bench.markdown import table
from bench.price import BOT, Shop
from shared.governance.ledger import Ledger
from shared.observability import trace
from shared.observability.span_files import SpanFiles
from shared.ports.store import Create, Put

ROUNDS = 200
AT_ONCE = 16
TARGET_SHARE = 0.08


class NoLedger(Ledger):
    """Writes nothing down."""

    def of_turn(self, marks: Sequence[Create], *work: Any) -> Sequence[Create | Put]:
        return marks


@dataclass(frozen=True, slots=True)
class Observed:
    """CPU milliseconds of a turn, of `people` at once: without either, and with more of them."""

    people: int
    bare: float
    ledger: float
    spans: float


async def measure(rounds: int = ROUNDS) -> list[Observed]:
    found = []
    for people in (1, AT_ONCE):
        async with _shops() as (bare, ledger, spans):
            times: list[list[float]] = [[], [], []]
            for number in range(rounds):
                for place, (shop, exporter) in enumerate(
                    ((bare, None), (ledger, None), (spans, spans_of(spans)))
                ):
                    trace.export_to(exporter)
                    began = process_time()
                    await take_round(shop, number, people)
                    times[place].append(1000 * (process_time() - began) / people)
            trace.export_to(None)
        found.append(Observed(people, *(median(one) for one in times)))
    return found


_files: dict[Path, SpanFiles] = {}


def spans_of(shop: Shop) -> SpanFiles:
    path = shop.settings.data_dir / "traces"
    if path not in _files:
        _files[path] = SpanFiles(path)
    return _files[path]


@asynccontextmanager
async def _shops() -> AsyncIterator[tuple[Shop, Shop, Shop]]:
    with (
        tempfile.TemporaryDirectory() as one,
        tempfile.TemporaryDirectory() as two,
        tempfile.TemporaryDirectory() as three,
    ):
        bot = f"{BOT}\n{UNLIMITED}"
        shops = [Shop(Path(place), bot=bot, priced=False) for place in (one, two, three)]
        shops[0].ledger = NoLedger()
        yield shops[0], shops[1], shops[2]
        for shop in shops:
            await shop.close()
        for path in [path for path in _files if path.is_relative_to(three)]:
            await asyncio.to_thread(_files.pop(path).close)


def sections(found: list[Observed]) -> list[str]:
    rows = [
        (
            f"{one.people} at once",
            f"{one.bare:.2f}",
            f"{one.ledger:.2f} ({one.ledger / one.bare - 1:+.1%})",
            f"{one.spans:.2f} ({one.spans / one.bare - 1:+.1%})",
        )
        for one in found
    ]
    return [
        "## The price of being seen",
        "",
        f"CPU ms of an echo turn, door to done; the target for both is {TARGET_SHARE:.0%}.",
        "",
        *table(("", "without", "with the ledger", "and with spans in a file"), rows),
        "",
    ]


if __name__ == "__main__":
    print("\n".join(sections(asyncio.run(measure()))))
