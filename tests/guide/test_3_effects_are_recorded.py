"""A crash anywhere: nothing is lost, and what is repeated is known."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from shared.activity import ConversationReference
from shared.errors import TransientError, Unavailable
from shared.event import Event
from shared.operations.reports.books import books
from shared.pipeline.outbox import relay
from shared.pipeline.turns import settle
from shared.records.conversation import DOCUMENT, Conversation
from shared.skill import Skill
from shared.turn import Turn
from tests.lab import Lab

POINTS = ["before the commit", "after the commit", "after the send"]


def echoing() -> Skill:
    skill = Skill("echo", "Echoes")

    @skill.on_message
    async def echo(turn: Turn) -> None:
        turn.reply(f"echo: {turn.text}")

    return skill


def conversation_of(body: str) -> Conversation:
    reference = Event.from_json(body).data["reference"]
    return Conversation(ConversationReference.from_dict(reference))


class Crash(BaseException):
    """The process ends here."""


def crash_once(fabric: Lab, point: str) -> None:
    """Make the first turn end at `point`, as a kill would: nothing after it runs."""
    store: Any = fabric.store
    write, send = store.write, fabric.memory.send

    async def dying_write(partition: str, *ops: Any, **more: Any) -> Any:
        if any(op.id.startswith("seen:") for op in ops):
            store.write = write
            if point == "before the commit":
                raise Crash
            await write(partition, *ops, **more)
            raise Crash
        return await write(partition, *ops, **more)

    async def dying_send(*args: Any) -> str:
        fabric.memory.send = send  # type: ignore[method-assign]
        await send(*args)
        raise Crash

    if point == "after the send":
        fabric.memory.send = dying_send  # type: ignore[method-assign,assignment]
    else:
        store.write = dying_write


@pytest.mark.parametrize("point", POINTS)
async def test_a_crash_loses_nothing(lab: Callable[..., Lab], point: str) -> None:
    fabric = lab(echoing())
    await fabric.say("hello")
    crash_once(fabric, point)
    [delivery] = await fabric.deliveries()
    with pytest.raises(Crash):
        await fabric.run(delivery)
    await fabric.bus.abandon(delivery)  # type: ignore[attr-defined]
    await fabric.drain()
    repeated = (await books(fabric))["repeated"]
    assert set(fabric.heard()) == {"echo: hello"}
    assert len(fabric.heard()) - 1 <= repeated
    assert (point == "after the send") == (len(fabric.heard()) == 2)


async def test_a_turn_that_runs_twice_makes_the_same_effects(lab: Callable[..., Lab]) -> None:
    fabric = lab(echoing())
    await fabric.say("hello")
    crash_once(fabric, "before the commit")
    write, offered = fabric.store.write, []

    async def watched(partition: str, *ops: Any, **more: Any) -> Any:
        offered.append([op.body["effect"] for op in ops if op.id.startswith("outbox:")])
        return await write(partition, *ops, **more)

    fabric.store.write = watched  # type: ignore[method-assign]
    [delivery] = await fabric.deliveries()
    with pytest.raises(Crash):
        await fabric.run(delivery)
    await fabric.bus.abandon(delivery)  # type: ignore[attr-defined]
    fabric.store.write = watched  # type: ignore[method-assign]
    write = type(fabric.store).write.__get__(fabric.store)
    await fabric.drain()
    first, second = [effects for effects in offered if effects][:2]
    assert first == second


async def test_two_turns_at_once_lose_no_update(lab: Callable[..., Lab]) -> None:
    counter = Skill("counter", "Counts")
    both = asyncio.Barrier(2)

    async def count(turn: Turn) -> None:
        seen = turn.state.get("n", 0)
        if seen == 0 and not both.broken:
            await both.wait()
        turn.state["n"] = seen + 1

    counter.on_message(count)
    counter.on_event("tick")(count)
    fabric = lab(counter)
    key = await fabric.say("start")
    [delivery] = await fabric.deliveries()
    tick = Event("t", "tick", bot="lab", conversation=key, origin="t")
    await fabric.store.write(key, conversation_of(delivery.body).to_op())
    await asyncio.gather(
        settle.work(fabric, counter, delivery.body, 1),
        settle.work(fabric, counter, tick.to_json(), 1),
    )
    document = await fabric.store.get(key, DOCUMENT)
    assert document is not None
    assert document.body["state"]["counter"] == {"n": 2}


async def test_a_throttled_reply_waits_and_goes_out_once(lab: Callable[..., Lab]) -> None:
    fabric = lab(echoing())
    fabric.memory.failures = [TransientError("429", after=0.1)]
    await fabric.say("one")
    await fabric.say("two")
    await fabric.drain()
    assert fabric.heard() == ["echo: one", "echo: two"]
    assert (await books(fabric))["repeated"] == 0


async def test_a_lost_answer_counts_as_repeated(lab: Callable[..., Lab]) -> None:
    fabric = lab(echoing())
    fabric.memory.failures = [Unavailable("timeout", after=0.05, maybe_done=True)]
    await fabric.say("one")
    await fabric.drain()
    assert fabric.heard() == ["echo: one"]
    assert (await books(fabric))["repeated"] == 1


async def test_a_bus_that_is_down_takes_nothing_from_the_person(lab: Callable[..., Lab]) -> None:
    fabric = lab(echoing())
    bus: Any = fabric.bus
    working = bus.send

    async def down(*args: Any, **more: Any) -> None:
        raise Unavailable("bus")

    bus.send = down
    await fabric.say("hello")
    bus.send = working
    await relay.sweep(fabric)
    await fabric.drain()
    assert fabric.heard() == ["echo: hello"]
