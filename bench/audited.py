"""What it costs to put on record that an article behind a group was read.

The same question is answered from the same article with and without the record; the look-up of
who asks, which the article needs, is in both.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

from bench.markdown import table
from bench.price import BOT, REFERENCE, Price, Shop
from shared.activity import Activity
from shared.person import Person
from shared.pipeline.door.accept import accept
from shared.pipeline.turns.settle import work
from shared.ports.bus import Delivery
from shared.ports.channel import Inbound
from shared.queues import skill_queue
from shared.records.signed_in import partition_of, signed_in
from shared.skill import Skill
from shared.turn import Turn

STAFF = "9b2d3c1e-3f3a-4c2e-8d53-6a2f4b5c7d80"
ARTICLE = f"---\ntitle: Vacation\naccess: [{STAFF}]\n---\nThirty days of vacation.\n"
UNLIMITED = """
[limits]
concurrency = 100
turns_per_minute_per_conversation = 1000000
turns_per_second = 1000000
"""
ROUNDS = 200
AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Spent:
    """CPU milliseconds of a turn, of `people` at once."""

    people: int
    without: float
    with_record: float

    @property
    def told(self) -> str:
        return f"{self.with_record:.2f} (+{100 * (self.with_record / self.without - 1):.0f} %)"


@dataclass(frozen=True, slots=True)
class Audited:
    """Prices of a turn without and with the record, and what each takes of the CPU."""

    without: Price
    with_record: Price
    spent: Sequence[Spent]


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


async def measure(rounds: int = ROUNDS) -> Audited:
    """Take turns of both kinds by turns, so that what else the machine does falls on both."""
    async with _shops(priced=True) as shops:
        for number in range(3):
            without, with_record = [await shop.turn(number) for shop in shops]
    spent = list[Spent]()
    for people in (1, AT_ONCE):
        async with _shops(priced=False) as shops:
            spent.append(Spent(people, *await _spent(shops, rounds, people)))
    return Audited(without, with_record, spent)


def sections(found: Audited) -> list[str]:
    rows = [
        ("round trips, door to done", str(found.without.trips), str(found.with_record.trips)),
        ("waits in a row to the reply", str(found.without.waits), str(found.with_record.waits)),
        *(
            (f"CPU ms, {one.people} at once", f"{one.without:.2f}", f"{one.told}")
            for one in found.spent
        ),
    ]
    return [
        "## The price of a record",
        "",
        "A turn that reads an article behind a group, for somebody who is in it.",
        "",
        *table(("what", "without", "with"), rows),
        "",
    ]


async def _spent(shops: Sequence[Shop], rounds: int, people: int) -> list[float]:
    """Return the median CPU milliseconds of a turn in each shop."""
    spent: list[list[float]] = [[] for _ in shops]
    for number in range(rounds):
        for times, shop in zip(spent, shops, strict=True):
            began = process_time()
            await take_round(shop, number, people)
            times.append(1000 * (process_time() - began) / people)
    return [median(times) for times in spent]


async def take_round(shop: Shop, number: int, people: int) -> None:
    """Say something in `people` conversations at once, and take their turns."""
    skill, bot = shop.skill, shop.bots["echo"]
    bus: Any = shop.bus

    async def say(place: int) -> None:
        activity = Activity(
            type="message", id=f"{place}:{number}", text="hello", **{"from": {"id": "29:ann"}}
        )
        where = replace(REFERENCE, conversation=f"a:{place}", reply_to=activity.id)
        await accept(shop, [Inbound(bot, where, activity)])

    async def take(delivery: Delivery) -> None:
        await work(shop, skill, delivery.body, delivery.count)
        await bus.complete(delivery)

    await asyncio.gather(*map(say, range(people)))
    await asyncio.gather(*map(take, await bus.receive(skill_queue(skill.name), people)))


@asynccontextmanager
async def _shops(*, priced: bool) -> AsyncIterator[list[Shop]]:
    """Open two: one that puts nothing on record, and one that does."""
    with tempfile.TemporaryDirectory() as plain, tempfile.TemporaryDirectory() as recorded:
        shops = [
            await _shop(Path(plain), on_record=False, priced=priced),
            await _shop(Path(recorded), on_record=True, priced=priced),
        ]
        yield shops
        for shop in shops:
            await shop.close()


async def _shop(folder: Path, *, on_record: bool, priced: bool) -> Shop:
    place = folder / "knowledge" / "staff"
    place.mkdir(parents=True)
    (place / "vacation.md").write_text(ARTICLE)
    bot = BOT.replace('"echo"]', '"reader"]').replace('skill = "echo"', 'skill = "reader"')
    bot = bot.replace("[channels", 'knowledge = ["staff"]\n[channels')
    shop = Shop(folder, bot=f"{bot}\n{UNLIMITED}", skill=reader(on_record=on_record), priced=priced)
    person = Person("ann", "contoso", "Ann", frozenset({STAFF}))
    await shop.store.write(partition_of(REFERENCE), signed_in(person, REFERENCE))
    return shop
