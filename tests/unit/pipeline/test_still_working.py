"""A slow turn: typing at once, one notice, then the answer, and never a notice after it."""

import asyncio
from collections.abc import Callable
from time import monotonic
from typing import Any

import pytest

from shared.activity import Activity, ConversationReference
from shared.bot import Bot
from shared.channels.directline.channel import DirectLineChannel
from shared.channels.teams.channel import TeamsChannel
from shared.channels.whatsapp.channel import WhatsAppChannel
from shared.errors import TransientError, Unavailable
from shared.operations.reports.books import books
from shared.pipeline.door import calls
from shared.pipeline.turns import settle, still_working
from shared.ports.store import Put
from shared.records.conversation import DOCUMENT, Conversation
from shared.skill import Skill
from shared.turn import Turn
from tests.lab import Lab
from tests.sentences import STILL_WORKING, WAITING_TEXT

Make = Callable[..., Lab]


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(still_working, "AFTER", 0.1)


def slow(seconds: float = 0.3, *errors: Exception) -> Skill:
    """Takes its time before each answer or error."""
    skill, left = Skill("slow", "Slow"), list(errors)

    @skill.on_message
    async def think(turn: Turn) -> None:
        await asyncio.sleep(seconds)
        if left:
            raise left.pop(0)
        turn.reply(f"done: {turn.text}")

    return skill


def kinds(fabric: Lab) -> list[str]:
    """What the person saw, in order: typing, the texts."""
    return [activity.text or activity.type for _, activity in fabric.memory.sent]


async def test_a_slow_turn_shows_typing_then_one_notice_then_the_answer(lab: Make) -> None:
    fabric = lab(slow())
    fabric.memory.typing_after = 0.0
    key = await fabric.say("hello")
    await fabric.drain()
    assert kinds(fabric) == ["typing", STILL_WORKING, "done: hello"]
    assert (await books(fabric))["done"] == 1
    assert await fabric.items(key, "outbox:") == []


async def test_a_quick_turn_says_only_the_answer(lab: Make) -> None:
    fabric = lab(slow(0.0))
    await fabric.say("hello")
    await fabric.drain()
    await asyncio.sleep(still_working.AFTER * 2)  # as long as a stray timer would take
    assert kinds(fabric) == ["done: hello"]


async def test_a_chain_of_slow_skills_says_it_once(lab: Make) -> None:
    front = Skill("front", "Front")

    @front.on_message
    async def route(turn: Turn) -> None:
        await asyncio.sleep(0.3)
        turn.hand_off("slow")

    fabric = lab(front, slow())
    await fabric.say("hello")
    await fabric.drain()
    assert kinds(fabric) == [STILL_WORKING, "done: hello"]


async def test_the_skill_that_a_router_hands_to_says_it_too(lab: Make) -> None:
    front = Skill("front", "Front")

    @front.on_message
    async def route(turn: Turn) -> None:
        turn.hand_off("slow")

    fabric = lab(front, slow(1.3))
    fabric.memory.typing_after = 0.0
    await fabric.say("hello")
    await fabric.drain()
    assert kinds(fabric) == ["typing", STILL_WORKING, "typing", "done: hello"]


async def test_a_retry_does_not_say_it_again(lab: Make) -> None:
    fabric = lab(slow(0.3, TransientError("down", after=0.01), ZeroDivisionError()))
    await fabric.say("hello")
    await fabric.drain()
    assert kinds(fabric) == [STILL_WORKING, "done: hello"]


async def test_who_heard_of_the_outage_does_not_hear_it(
    lab: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(still_working, "AFTER", 0.2)
    left = [TransientError("down", after=0.01)] * 3
    skill = Skill("slow", "Slow")

    @skill.on_message
    async def think(turn: Turn) -> None:
        if left:
            raise left.pop()
        await asyncio.sleep(0.4)
        turn.reply("done")

    fabric = lab(skill)
    await fabric.say("hello")
    await fabric.drain()
    assert kinds(fabric) == [WAITING_TEXT, "done"]


async def test_nothing_is_said_while_a_person_has_taken_over(lab: Make) -> None:
    fabric = lab(slow())
    fabric.memory.typing_after = 0.0
    inbound = fabric.inbound("hello")
    muted = Conversation(inbound.reference, muted=True)
    await fabric.store.write(inbound.reference.key, muted.to_op())
    await fabric.say("hello")
    await fabric.drain()
    assert kinds(fabric) == []


async def test_nothing_is_said_when_a_person_takes_over_meanwhile(lab: Make) -> None:
    skill = Skill("slow", "Slow")

    @skill.on_message
    async def think(turn: Turn) -> None:
        if not turn.muted:
            taken = Conversation(turn.reference, muted=True)
            await fabric.store.write(turn.event.conversation, taken.to_op())
            await asyncio.sleep(0.3)

    fabric = lab(skill)
    key = await fabric.say("hello")
    await fabric.drain()
    assert kinds(fabric) == []
    assert await fabric.items(key, "working:") == []


async def test_who_waits_for_the_answer_of_a_call_hears_only_that(lab: Make) -> None:
    fabric = lab(slow())
    body = b'{"bot": "lab", "conversation": "c", "user": "u", "text": "hi"}'
    answer = await calls.call(fabric, fabric.skills["slow"], body)
    assert [activity["text"] for activity in answer["activities"]] == ["done: hi"]
    assert kinds(fabric) == []


async def test_an_answer_that_comes_while_the_notice_is_sent_goes_after_it(lab: Make) -> None:
    fabric = lab(slow(0.15))
    send = fabric.memory.send

    async def sluggish(bot: Bot, to: ConversationReference, activity: Activity) -> str:
        await asyncio.sleep(0.2)
        return await send(bot, to, activity)

    fabric.memory.send = sluggish  # type: ignore[method-assign,assignment]
    await fabric.say("hello")
    await fabric.drain()
    assert kinds(fabric) == [STILL_WORKING, "done: hello"]


async def test_no_notice_when_another_process_has_committed_the_answer(lab: Make) -> None:
    """The lock of the first delivery expired: its turn still runs, and the answer is out."""
    skill, first, running = Skill("slow", "Slow"), [True], asyncio.Event()

    @skill.on_message
    async def think(turn: Turn) -> None:
        if first:
            first.pop()
            running.set()
            await asyncio.sleep(0.4)
        turn.reply("done")

    fabric = lab(skill)
    key = await fabric.say("hello")
    [delivery] = await fabric.deliveries()
    stuck = asyncio.create_task(fabric.run(delivery))
    await running.wait()
    await settle.work(fabric, skill, delivery.body, 2)
    assert kinds(fabric) == ["done"]
    await stuck
    assert kinds(fabric) == ["done"]
    assert await fabric.items(key, "working:") == []


async def test_a_notice_that_could_not_go_is_dropped_when_the_answer_is_there(lab: Make) -> None:
    """The answer is committed between the notice and its send, which is tried again after it."""
    fabric = lab(slow(0.3))
    fabric.memory.failures = [Unavailable("throttled", after=0.5)]
    key = await fabric.say("hello")
    await fabric.drain()
    assert kinds(fabric) == ["done: hello"]
    [record] = await fabric.items(key, "late:")
    assert (record.body["case"], record.body["done"]) == ("answered", "drop")
    assert (await books(fabric))["done"] == 1


async def test_a_crash_after_the_notice_was_committed_repeats_nothing(lab: Make) -> None:
    fabric, committed = lab(slow(0.3)), asyncio.Event()
    store: Any = fabric.store
    write = store.write

    async def dying(partition: str, *ops: Any, **more: Any) -> Any:
        etags = await write(partition, *ops, **more)
        if any(op.id.startswith("working:") for op in ops):
            committed.set()
            raise asyncio.CancelledError
        return etags

    store.write = dying
    key = await fabric.say("hello")
    [delivery] = await fabric.deliveries()
    running = asyncio.create_task(fabric.run(delivery))
    await committed.wait()
    running.cancel()
    await asyncio.wait([running])
    store.write = write
    for item in await fabric.items(key, "outbox:"):  # as when its lease is over
        await write(key, Put(item.id, item.body, due=0.0))
    await fabric.bus.abandon(delivery)  # type: ignore[attr-defined]
    await fabric.drain()
    assert kinds(fabric) == ["done: hello"]


async def test_a_notice_that_would_hold_the_answer_up_is_not_said(lab: Make) -> None:
    """The pace of the conversation has room for one message more, and that is the answer."""
    fabric = lab(slow(0.3))
    fabric.memory.limits = [(1, 30.0)]
    await fabric.say("one")
    await fabric.drain()
    assert kinds(fabric) == ["done: one"]


async def test_the_notice_takes_its_place_in_the_pace(lab: Make) -> None:
    fabric = lab(slow(0.3))
    fabric.memory.limits = [(3, 30.0)]
    key = await fabric.say("one")
    await fabric.drain()
    document = await fabric.store.get(key, DOCUMENT)
    assert kinds(fabric) == [STILL_WORKING, "done: one"]
    assert document is not None
    assert len(document.body["pace"]["times"]) == 2


@pytest.mark.parametrize("channel", [TeamsChannel, WhatsAppChannel, DirectLineChannel])
def test_every_channel_shows_typing_within_a_second(channel: Any) -> None:
    assert channel.typing_after <= 1.0


@pytest.mark.alone
async def test_in_real_time_the_notice_is_there_by_eight_seconds(
    lab: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    front, times = Skill("front", "Front"), []

    @front.on_message
    async def route(turn: Turn) -> None:
        await asyncio.sleep(0.5)
        turn.hand_off("slow")

    fabric = lab(front, slow(8.5))
    fabric.memory.typing_after = TeamsChannel.typing_after
    send = fabric.memory.send

    async def timed(bot: Bot, to: ConversationReference, activity: Activity) -> str:
        times.append((round(monotonic() - began, 1), activity.text or activity.type))
        return await send(bot, to, activity)

    fabric.memory.send = timed  # type: ignore[method-assign,assignment]
    await fabric.say("hello")
    began = monotonic()
    await fabric.drain()
    (typing, first), (notice, second), (answer, third) = times
    assert [first, second, third] == ["typing", STILL_WORKING, "done: hello"]
    assert typing < 2.5
    assert notice < 8.0 < answer
