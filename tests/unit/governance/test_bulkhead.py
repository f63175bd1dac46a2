"""A bot, a skill and a conversation have so many turns; more of them wait, and nothing is wrong."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from shared.bot import Limits
from shared.governance.limits import budget
from shared.operations.reports.books import balanced, books
from shared.records.conversation import DOCUMENT
from shared.skill import Skill
from shared.turn import Turn
from tests.lab import Lab

Make = Callable[..., Lab]


class Hall(Skill):
    """Its turns go on until `gate` is set; `most` is how many there were at once."""

    def __init__(self, concurrency: int | None = None) -> None:
        super().__init__("hall", "Holds", concurrency=concurrency)
        self.gate, self.inside, self.most = asyncio.Event(), 0, 0
        self.full = asyncio.Event()
        self.on_message(self.hold)

    async def hold(self, turn: Turn) -> None:
        self.inside += 1
        self.most = max(self.most, self.inside)
        if self.inside == 2:
            self.full.set()
        await self.gate.wait()
        self.inside -= 1
        turn.reply(turn.text)


@pytest.mark.parametrize(
    ("manifest", "concurrency"), [("[limits]\nconcurrency = 2", None), ("", 2)]
)
async def test_more_turns_than_there_are_places_give_their_slots_back_and_come_again(
    lab: Make, manifest: str, concurrency: int | None
) -> None:
    hall = Hall(concurrency)
    fabric = lab(hall, manifest=manifest)
    keys = [await fabric.say("hello", conversation=f"c{number}") for number in range(6)]
    running = [asyncio.create_task(fabric.run(d)) for d in await fabric.deliveries()]
    await hall.full.wait()
    async with asyncio.timeout(5):
        while sum(task.done() for task in running) < 4:
            await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED, timeout=0.05)
    assert (await books(fabric))["parked"] == 4

    hall.gate.set()
    await asyncio.gather(*running)
    await fabric.drain()

    assert hall.most == 2
    assert all(fabric.heard(f"c{number}") == ["hello"] for number in range(6))
    assert balanced(count := await books(fabric))
    assert count["done"] == len(keys)


async def test_waiting_for_a_place_uses_no_attempt(lab: Make) -> None:
    from shared.event import ACTIVITY, Event

    event = Event(id="w", type=ACTIVITY)
    once, twice = event.held("hall"), event.held("hall").held("hall")
    assert [once.id, twice.id] == ["w:hall:0.1", "w:hall:0.2"]
    assert twice.attempt == 0
    assert (twice.retry("hall").id, twice.work_id) == ("w:hall:1", "w")
    assert twice.retry("hall").held("hall").id == "w:hall:1.1"


async def test_more_turns_than_a_conversation_has_in_a_minute_wait_for_the_next(
    lab: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1_000_000 * 60.0]
    monkeypatch.setattr(budget, "time", lambda: now[0] + 59.9)
    monkeypatch.setattr("shared.records.conversation.time", lambda: now[0])
    echo = Skill("echo", "Echoes")

    @echo.on_message
    async def say(turn: Turn) -> None:
        turn.reply(turn.text)

    fabric = lab(echo)
    for number in range(5):
        key = await fabric.say(str(number))
    fabric.bots["lab"] = replace(
        fabric.bots["lab"], limits=Limits(turns_per_minute_per_conversation=3)
    )
    await fabric.drain(lambda: len(fabric.heard()) == 3)
    [delivery] = await fabric.deliveries()
    await fabric.run(delivery)
    assert fabric.heard() == ["0", "1", "2"]
    assert (await books(fabric))["parked"] == 1
    assert len(await fabric.items(key, "budget:")) == 1

    now[0] += 60
    await fabric.drain()

    assert fabric.heard() == ["0", "1", "2", "3", "4"]
    assert balanced(await books(fabric))
    document = await fabric.store.get(key, DOCUMENT)
    assert document is not None
    assert document.body["turns"][1] == 2
