"""What could not go at once: kept, in order, counted, and given up alone."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from time import monotonic, time
from typing import Any, cast

import pytest

from shared.errors import PermanentError, TransientError, Unavailable
from shared.event import Event
from shared.operations.deeds.letters import redrive
from shared.operations.reports.books import balanced, books
from shared.operations.reports.letters import letters
from shared.pipeline.door import facts
from shared.pipeline.outbox import relay
from shared.pipeline.turns import settle
from shared.pipeline.turns.perform import perform
from shared.ports.store import Put
from shared.records.conversation import MAX_AGE
from shared.records.effect import LEASE_SECONDS, Send
from shared.skill import Skill
from shared.turn import Turn
from tests.lab import Lab


def echo() -> Skill:
    skill = Skill("echo", "Echoes")

    @skill.on_message
    async def answer(turn: Turn) -> None:
        turn.reply(turn.text)

    return skill


class Closed:
    """A topic that takes nothing."""

    def __init__(self) -> None:
        self.tries: list[Sequence[Event]] = []

    async def publish(self, *events: Event) -> None:
        self.tries.append(events)
        raise Unavailable("topic")

    async def close(self) -> None: ...


def emitter() -> Skill:
    skill = Skill("emitter", "Emits")

    @skill.on_message
    async def emit(turn: Turn) -> None:
        turn.emit("lab.told", {"text": turn.text})

    return skill


async def test_what_the_door_kept_goes_first_and_in_order(lab: Callable[..., Lab]) -> None:
    fabric = lab(echo())
    bus: Any = fabric.bus
    send = bus.send

    async def down(*args: Any, **more: Any) -> None:
        raise Unavailable("bus")

    bus.send = down
    for text in "123456":
        await fabric.say(text)
    bus.send = send
    await fabric.say("7")
    await fabric.drain()
    assert fabric.heard() == list("1234567")


async def test_an_effect_that_cannot_be_relayed_is_dead_alone(lab: Callable[..., Lab]) -> None:
    fabric = lab(echo())
    broken = {
        "kind": "publish",
        "event": {"specversion": "1.0"},
        "effect": "x",
        "owner": "x",
        "origin": "x",
        "made": 0.0,
        "tries": 0,
    }
    await fabric.store.write("elsewhere", Put("outbox:000000000001", broken, due=1.0))
    key = await fabric.say("hello")
    await relay.sweep(fabric)
    await fabric.drain()
    assert fabric.heard() == ["hello"]
    assert await fabric.items("elsewhere", "outbox:") == []
    [dead] = await fabric.items("elsewhere", "dead:")
    assert dead.body["reason"] == "relay_error"
    assert await fabric.items(key, "outbox:") == []


async def test_each_send_that_may_have_arrived_counts(lab: Callable[..., Lab]) -> None:
    fabric = lab(echo())
    lost = Unavailable("timeout", after=0.05, maybe_done=True)
    fabric.memory.failures = [lost, TransientError("429", after=0.05), lost]
    await fabric.say("hello")
    await fabric.drain()
    assert fabric.heard() == ["hello"]
    assert (await books(fabric))["repeated"] == 2


async def test_what_a_crashed_wake_up_had_claimed_is_free_for_its_next_delivery(
    lab: Callable[..., Lab],
) -> None:
    fabric = lab(echo())
    bus: Any = fabric.bus
    fabric.memory.failures = [Unavailable("down", after=0.01), asyncio.CancelledError()]
    await fabric.say("hello")
    [turn] = await fabric.deliveries()
    await fabric.run(turn)
    await bus.changed(1)
    [wake] = await fabric.deliveries()
    with pytest.raises(asyncio.CancelledError):
        await fabric.run(wake)
    await bus.abandon(wake)

    started = monotonic()
    await fabric.drain(until=lambda: bool(fabric.heard()))
    assert monotonic() - started < LEASE_SECONDS / 4
    assert (await books(fabric))["repeated"] == 1


async def test_a_second_delivery_does_not_hurry_what_the_channel_put_off(
    lab: Callable[..., Lab],
) -> None:
    fabric = lab(echo())
    fabric.memory.failures = [Unavailable("429", after=3600)]
    key = await fabric.say("hello")
    [turn] = await fabric.deliveries()
    await fabric.run(turn)
    await settle.work(fabric, fabric.skills["echo"], turn.body, 2)
    assert fabric.heard() == []
    [item] = await fabric.items(key, "outbox:")
    assert (item.due or 0) > time() + 3000


async def test_what_was_late_takes_its_place_in_the_pace_of_what_is_said_next(
    lab: Callable[..., Lab],
) -> None:
    fabric = lab(echo())
    fabric.memory.limits = ((2, 1.0),)
    fabric.memory.failures = [Unavailable("down", after=1.2)]
    await fabric.say("1")
    await fabric.say("2")
    await fabric.drain(until=lambda: len(fabric.heard()) == 2)
    back = monotonic()
    await fabric.say("3")
    await fabric.drain()
    assert monotonic() - back > 0.8
    assert fabric.heard() == ["1", "2", "3"]


async def test_a_reply_does_not_wait_for_the_lease_of_another_skill(
    lab: Callable[..., Lab],
) -> None:
    front, back = Skill("front", "Front"), Skill("back", "Back")

    @front.on_message
    async def route(turn: Turn) -> None:
        turn.reply("one moment")
        turn.hand_off("back")

    @back.on_message
    async def answer(turn: Turn) -> None:
        turn.reply("done")

    fabric = lab(front, back)
    await fabric.say("go")
    await fabric.drain(until=lambda: len(fabric.heard()) == 2)
    assert fabric.heard() == ["one moment", "done"]


async def test_a_retried_fact_does_not_open_an_input(lab: Callable[..., Lab]) -> None:
    listener, left = Skill("listener", "Listens"), [TransientError(after=0.01)]
    attempts: list[int] = []

    @listener.on_message
    async def answer(turn: Turn) -> None:
        turn.reply("heard")

    @listener.on_event("news")
    async def news(turn: Turn) -> None:
        attempts.append(turn.event.attempt)
        if left:
            raise left.pop()
        turn.reply("news")

    fabric = lab(listener)
    key = await fabric.say("hello")
    await fabric.drain()
    for origin in ("", "some-input"):
        fact = Event(f"f{origin}", "news", bot="lab", conversation=key, origin=origin)
        await facts.fan_out(fabric, fact.to_json())
        await fabric.drain()
    count = await books(fabric)
    assert (count["accepted"], count["done"]) == (1, 1)
    assert balanced(count)
    assert fabric.heard() == ["heard", "news", "news"]
    assert attempts == [0, 1, 0]


async def test_a_fact_that_cannot_be_published_is_tried_once_in_each_sweep(
    lab: Callable[..., Lab],
) -> None:
    fabric = lab(emitter())
    fabric.__dict__["topic"] = topic = Closed()
    key = await fabric.say("hello")
    await fabric.drain()
    for _ in range(3):
        await relay.sweep(fabric)
    assert len(topic.tries) == 4
    assert len(await fabric.items(key, "outbox:")) == 1


async def test_a_fact_that_could_not_be_published_for_a_day_is_dead_and_can_be_sent_again(
    lab: Callable[..., Lab],
) -> None:
    fabric = lab(emitter())
    fabric.__dict__["topic"] = topic = Closed()
    key = await fabric.say("hello")
    await fabric.drain()
    [item] = await fabric.items(key, "outbox:")
    long_ago = time() - MAX_AGE - 60
    body = {**item.body, "made": long_ago, "first": {"at": long_ago, "error": "topic"}}
    await fabric.store.write(key, Put(item.id, body, due=time()))
    await relay.sweep(fabric)
    assert await fabric.items(key, "outbox:") == []
    [letter] = await letters(fabric)
    assert letter.reason == "undeliverable"
    count = await books(fabric)
    assert (count["dead"], balanced(count)) == (1, True)

    before = len(topic.tries)
    await redrive(fabric, letter)
    assert len(topic.tries) == before + 1
    assert len(await fabric.items(key, "outbox:")) == 1


async def test_what_the_bus_took_without_saying_so_does_not_stay_pending(
    lab: Callable[..., Lab],
) -> None:
    fabric = lab(echo())
    bus: Any = fabric.bus
    send = bus.send

    async def lose_the_answer(*args: Any, **more: Any) -> None:
        bus.send = send
        await send(*args, **more)
        await fabric.drain()
        raise Unavailable("bus")

    bus.send = lose_the_answer
    await fabric.say("hello")
    await relay.sweep(fabric)
    await fabric.drain()
    assert fabric.heard() == ["hello"]
    assert (await books(fabric))["done"] == 1


async def test_what_is_kept_goes_first_though_the_store_stutters(lab: Callable[..., Lab]) -> None:
    fabric = lab(echo())
    bus, store = cast("Any", fabric.bus), cast("Any", fabric.store)
    send, find = bus.send, store.find

    async def down(*args: Any, **more: Any) -> None:
        raise Unavailable("bus")

    async def stutter(*args: Any, **more: Any) -> None:
        store.find = find
        raise Unavailable("store")

    bus.send = down
    await fabric.say("1")
    bus.send, store.find = send, stutter
    await fabric.say("2")
    await fabric.drain()
    assert fabric.heard() == ["1", "2"]


async def test_who_stood_still_does_not_bring_back_what_others_sent(
    lab: Callable[..., Lab],
) -> None:
    """A send that takes longer than its lease, and fails when others have done it."""
    fabric = lab(echo())
    send = fabric.memory.send

    async def late(bot: Any, reference: Any, activity: Any) -> str:
        fabric.memory.send = send  # type: ignore[method-assign]
        [item] = await fabric.items(reference.key, "outbox:")
        await fabric.store.write(reference.key, Put(item.id, item.body, due=time()))
        await relay.drain(fabric, reference.key)
        raise Unavailable("no answer", after=0.01, maybe_done=True)

    fabric.memory.send = late  # type: ignore[method-assign]
    key = await fabric.say("hello")
    await fabric.drain()
    assert await fabric.items(key, "outbox:") == []
    assert fabric.heard() == ["hello"]
    assert (await books(fabric))["repeated"] == 1


@pytest.mark.parametrize("error", [PermanentError("gone"), TransientError("later")])
async def test_who_lost_an_effect_neither_buries_nor_delays_it(
    lab: Callable[..., Lab], error: Exception
) -> None:
    fabric = lab(echo())
    send = fabric.memory.send

    async def late(bot: Any, reference: Any, activity: Any) -> str:
        fabric.memory.send = send  # type: ignore[method-assign]
        [item] = await fabric.items(reference.key, "outbox:")
        claimed = {**item.body, "tries": item.body.get("tries", 1) + 1}
        await fabric.store.write(reference.key, Put(item.id, claimed, due=time() + 0.2))
        raise error

    fabric.memory.send = late  # type: ignore[method-assign]
    key = await fabric.say("hello")
    await fabric.drain()
    [item] = await fabric.items(key, "outbox:")
    assert item.body["tries"] == 2
    assert await fabric.items(key, "dead:") == []


async def test_who_comes_late_does_not_give_back_what_is_done(lab: Callable[..., Lab]) -> None:
    fabric = lab(echo())
    key = await fabric.say("hello")
    [delivery] = await fabric.deliveries()
    event = Event.from_json(delivery.body)
    outcome = await perform(fabric, fabric.skills["echo"], event)
    assert outcome is not None
    late = [replace(effect, due=time()) for effect in outcome.effects]
    for effect in late:
        await fabric.store.write(key, effect.put())
    await relay.drain(fabric, key)
    await relay.relay(fabric, key, late)
    assert await fabric.items(key, "outbox:") == []
    assert fabric.heard() == ["hello"]


async def test_what_was_kept_goes_in_order_though_the_bus_comes_back_in_between(
    lab: Callable[..., Lab],
) -> None:
    fabric = lab(echo())
    bus: Any = fabric.bus
    send, refusals = bus.send, iter([True, True, True, True])

    async def flicker(*args: Any, **more: Any) -> None:
        if next(refusals, False):
            raise Unavailable("bus")
        await send(*args, **more)

    bus.send = flicker
    await fabric.say("1")
    await fabric.say("2")
    await fabric.say("3")
    await relay.sweep(fabric)  # the bus refuses the first of them and would take the second
    assert fabric.heard() == []
    await relay.sweep(fabric)
    await fabric.drain()
    assert fabric.heard() == ["1", "2", "3"]


async def test_what_was_kept_waits_for_what_another_process_has_in_hand(
    lab: Callable[..., Lab],
) -> None:
    fabric = lab(echo())
    bus: Any = fabric.bus
    send = bus.send

    async def down(*args: Any, **more: Any) -> None:
        raise Unavailable("bus")

    bus.send = down
    key = await fabric.say("1")
    await fabric.say("2")
    first, _ = await fabric.items(key, "outbox:")
    await fabric.store.write(key, Put(first.id, first.body, due=time() + 20))
    bus.send = send
    await relay.sweep(fabric)
    await fabric.drain(until=lambda: True)
    assert len(await fabric.items(key, "outbox:")) == 2


async def test_behind_a_paced_send_of_a_living_process_nobody_waits_for_its_lease(
    lab: Callable[..., Lab],
) -> None:
    fabric = lab(echo())
    await fabric.say("hello")
    [delivery] = await fabric.deliveries()
    event = Event.from_json(delivery.body)
    outcome = await perform(fabric, fabric.skills["echo"], event)
    assert outcome
    [effect] = outcome.effects
    assert isinstance(effect, Send)
    paced = replace(effect, not_before=time() + 0.5)
    await fabric.store.write(event.conversation, paced.put())
    delays: list[float] = []
    bus: Any = fabric.bus

    async def send(queue: str, *events: Event, delay: float = 0) -> None:
        delays.append(delay)

    bus.send = send
    await relay.drain(fabric, event.conversation)
    assert fabric.heard() == []
    [delay] = delays
    assert delay < 2
