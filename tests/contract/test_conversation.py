"""A conversation means the same on every store: the promises of the guide, once through."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.governance.batch import pending
from shared.governance.rollup import roll_up
from shared.operations.reports.books import balanced, books
from shared.operations.reports.period import Period
from shared.operations.reports.turns import Scope
from shared.operations.reports.usage import usage
from shared.pipeline.outbox import relay
from shared.ports.store import Put, Store
from shared.records.seen import transcripts
from shared.skill import Skill
from shared.turn import Turn
from tests.lab import Lab


def skills() -> list[Skill]:
    """A desk that counts and may pass a message on, and a clerk that tells of what it did."""
    desk, clerk = Skill("desk", "Counts"), Skill("clerk", "Works")

    @desk.on_message
    async def greet(turn: Turn) -> None:
        turn.state["n"] = turn.state.get("n", 0) + 1
        if turn.text == "work":
            turn.hand_off("clerk")
        else:
            turn.reply(f"{turn.state['n']}: {turn.text}")

    @clerk.on_message
    async def work(turn: Turn) -> None:
        turn.reply("done")
        turn.emit("work.done", {"by": "clerk"})

    @desk.on_event("work.done")
    async def hear(turn: Turn) -> None:
        turn.reply("heard of it")

    return [desk, clerk]


@pytest.fixture
async def fabric(tmp_path: Path, store: Store) -> AsyncIterator[Lab]:
    lab = Lab(tmp_path, *skills())
    lab.store = store
    yield lab
    await lab.close()


async def test_messages_are_answered_in_order_and_once(fabric: Lab) -> None:
    for n in range(5):
        await fabric.say(str(n), id=f"m{n}")
        await fabric.say(str(n), id=f"m{n}")
    await fabric.say("alone", conversation="two")
    await fabric.drain()

    assert fabric.heard() == [f"{n + 1}: {n}" for n in range(5)]
    assert fabric.heard("two") == ["1: alone"]


async def test_a_hand_off_and_a_fact_find_their_way(fabric: Lab) -> None:
    await fabric.say("work")
    await fabric.drain()
    assert fabric.heard() == ["done", "heard of it"]


class Crash(BaseException):
    """The end of a process."""


async def test_what_a_crash_left_in_the_outbox_is_swept(fabric: Lab) -> None:
    key = await fabric.say("hello")
    fabric.memory.failures = [Crash()]
    [delivery] = await fabric.deliveries()
    with pytest.raises(Crash):
        await fabric.run(delivery)
    [left] = await fabric.items(key, "outbox:")
    await fabric.store.write(key, Put(left.id, left.body, etag=left.etag, due=1.0))

    await relay.sweep(fabric)

    assert fabric.heard() == ["1: hello"]
    assert await fabric.items(key, "outbox:") == []


async def test_the_books_balance(fabric: Lab) -> None:
    for n in range(3):
        await fabric.say(str(n), conversation=f"c{n}")
    before = await books(fabric)
    await fabric.drain()
    after = await books(fabric)

    assert (before["accepted"], before["pending"]) == (3, 3)
    assert (after["accepted"], after["done"]) == (3, 3)
    assert balanced(after)


async def test_what_turns_used_is_counted_once_and_their_words_stay(fabric: Lab) -> None:
    for n in range(3):
        key = await fabric.say(str(n), id=f"m{n}")
    await fabric.say("work", conversation="two")
    await fabric.drain()
    turns = len(await pending(fabric.store, 100))

    assert await roll_up(fabric.store, fabric.bots, 2048) == turns
    assert await roll_up(fabric.store, fabric.bots, 2048) == 0

    [row] = (await usage(fabric, Scope(), Period())).bots
    assert row.turns == turns
    said = [item.body["text"] async for item in transcripts(fabric.store, key)]
    assert said == ["0", "1", "2"]
    assert len(await fabric.store.find(key, "ledger:")) == 3
