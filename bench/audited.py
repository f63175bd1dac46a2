"""What it costs to put on record that an article behind a group was read.

The same question is answered from the same article with and without the record; the look-up of
who asks, which the article needs, is in both.
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import process_time

from bench.markdown import table
from bench.price import BOT, REFERENCE, Price, Shop
from shared.person import Person
from shared.records.signed_in import partition_of, signed_in
from shared.skill import Skill
from shared.turn import Turn

STAFF = "9b2d3c1e-3f3a-4c2e-8d53-6a2f4b5c7d80"
ARTICLE = f"---\ntitle: Vacation\naccess: [{STAFF}]\n---\nThirty days of vacation.\n"
UNLIMITED = "[limits]\nturns_per_minute_per_conversation = 1000000\nturns_per_second = 1000000"
TURNS = 300


@dataclass(frozen=True, slots=True)
class Audited:
    """Prices and CPU milliseconds of a turn, without and with the record."""

    without: Price
    with_record: Price
    cpu_without: float
    cpu_with: float


def reader(*, on_record: bool) -> Skill:
    """Answer from articles; `on_record` or not."""
    skill = Skill("reader", "Reads")

    @skill.on_message
    async def answer(turn: Turn) -> None:
        [passage, *_] = await turn.knowledge.search("days of vacation")
        turn.reply(passage.text)
        if not on_record:
            turn.knowledge.reader.reads.clear()

    return skill


async def measure(turns: int = TURNS) -> Audited:
    """Take turns of both kinds by turns, so that what else the machine does falls on both."""
    with tempfile.TemporaryDirectory() as plain, tempfile.TemporaryDirectory() as recorded:
        shops = [await _shop(Path(plain), on_record=False)]
        shops.append(await _shop(Path(recorded), on_record=True))
        prices, spent = [Price(), Price()], (list[float](), list[float]())
        for number in range(turns):
            for place, shop in enumerate(shops):
                began = process_time()
                prices[place] = await shop.turn(number)
                spent[place].append(1000 * (process_time() - began))
        for shop in shops:
            await shop.close()
    cpu_without, cpu_with = (median(times) for times in spent)
    return Audited(prices[0], prices[1], cpu_without, cpu_with)


def sections(found: Audited) -> list[str]:
    more = 100 * (found.cpu_with / found.cpu_without - 1)
    rows = [
        ("round trips, door to done", str(found.without.trips), str(found.with_record.trips)),
        ("waits in a row to the reply", str(found.without.waits), str(found.with_record.waits)),
        ("CPU ms", f"{found.cpu_without:.2f}", f"{found.cpu_with:.2f} (+{more:.0f} %)"),
    ]
    return [
        "## The price of a record",
        "",
        "A turn that reads an article behind a group, for somebody who is in it.",
        "",
        *table(("what", "without", "with"), rows),
        "",
    ]


async def _shop(folder: Path, *, on_record: bool) -> Shop:
    place = folder / "knowledge" / "staff"
    place.mkdir(parents=True)
    (place / "vacation.md").write_text(ARTICLE)
    bot = BOT.replace('"echo"]', '"reader"]').replace('skill = "echo"', 'skill = "reader"')
    bot = bot.replace("[channels", 'knowledge = ["staff"]\n[channels')
    shop = Shop(folder, bot=f"{bot}\n{UNLIMITED}", skill=reader(on_record=on_record))
    person = Person("ann", "contoso", "Ann", frozenset({STAFF}))
    await shop.store.write(partition_of(REFERENCE), signed_in(person, REFERENCE))
    return shop
