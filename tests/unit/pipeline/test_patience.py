"""What fails is tried for a day from its first failure; time spent waiting counts for nothing."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from time import time

import pytest

from shared.activity import ConversationReference
from shared.errors import TransientError
from shared.event import Event
from shared.governance.audit import Operator
from shared.governance.limits import switches
from shared.operations.deeds import switches as kill_switch
from shared.operations.reports.letters import letters
from shared.pipeline.door import accept
from shared.pipeline.outbox import relay
from shared.ports.store import Item, Put
from shared.records.conversation import DOCUMENT, MAX_AGE, Conversation
from shared.skill import Skill
from shared.turn import Turn
from tests.lab import Lab

Make = Callable[..., Lab]
LONG = MAX_AGE + 60
DOWN = TransientError("down", after=0.05)


def long_ago() -> str:
    return datetime.fromtimestamp(time() - LONG, UTC).isoformat()


def failing(*failures: Exception) -> Skill:
    """Raises these, one a turn, and answers then."""
    skill, left = Skill("echo", "Echoes"), list(failures)

    @skill.on_message
    async def answer(turn: Turn) -> None:
        if left:
            raise left.pop(0)
        turn.reply(turn.text)

    return skill


async def enqueue(fabric: Lab, *, failed: str = "") -> Event:
    """A message as it comes from the queue long after it was accepted."""
    event = replace(accept.arrival(fabric.inbound("hello")), time=long_ago(), failed=failed)
    await fabric.bus.send("skill-echo", event)
    return event


async def once(fabric: Lab) -> None:
    for delivery in await fabric.deliveries():
        await fabric.run(delivery)


async def reasons(fabric: Lab) -> list[str]:
    return [letter.reason for letter in await letters(fabric)]


async def test_old_work_that_fails_for_the_first_time_is_tried_again(lab: Make) -> None:
    fabric = lab(failing(DOWN))
    await enqueue(fabric)
    await fabric.drain()
    assert fabric.heard() == ["hello"]


async def test_work_that_has_failed_for_a_day_is_dead(lab: Make) -> None:
    fabric = lab(failing(DOWN))
    await enqueue(fabric, failed=f"{long_ago()} down")
    await fabric.drain()
    assert await reasons(fabric) == ["retried_too_long"]


async def test_a_failure_without_a_word_counts_too(
    lab: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.pipeline.turns.settle.MAX_AGE", 0.01)
    fabric = lab(failing(*[TransientError(after=0.05)] * 2))
    await fabric.say("hello")
    await fabric.drain()
    assert await reasons(fabric) == ["retried_too_long"]


async def test_old_work_behind_other_work_waits(lab: Make) -> None:
    fabric = lab(failing(), Skill("other", "Another"))
    event = await enqueue(fabric)
    reference = ConversationReference.from_dict(event.data["reference"])
    conversation = Conversation(reference, parked=[["earlier", "echo", time()]])
    await fabric.store.write(event.conversation, conversation.to_op())
    await once(fabric)
    item = await fabric.store.get(event.conversation, DOCUMENT)
    assert item is not None
    assert [work for work, *_ in item.body["parked"]] == ["earlier", event.id]
    assert await reasons(fabric) == []


async def test_an_old_answer_that_fails_for_the_first_time_is_tried_again(lab: Make) -> None:
    fabric = lab(failing())
    await answer_waits(fabric, made=LONG)
    fabric.memory.failures = [DOWN]
    await relay.sweep(fabric)
    await fabric.drain(until=lambda: fabric.heard() == ["hello"])


async def test_an_answer_that_has_failed_for_a_day_is_dead(lab: Make) -> None:
    fabric = lab(failing())
    await answer_waits(fabric, made=LONG, failed=LONG)
    fabric.memory.failures = [DOWN]
    await relay.sweep(fabric)
    assert await reasons(fabric) == ["undeliverable"]


async def answer_waits(fabric: Lab, *, made: float, failed: float = 0.0) -> None:
    """The answer to "hello" was made, and failed first, so many seconds ago."""
    fabric.memory.failures = [TransientError("down", after=30)]
    key = await fabric.say("hello")
    await once(fabric)
    [item] = await fabric.items(key, "outbox:")
    first = {"at": time() - failed, "error": "down"} if failed else None
    body = {**item.body, "made": time() - made, "first": first}
    await fabric.store.write(key, Put(item.id, body, due=time()))


# --- an operator's stop ------------------------------------------------------------------------


@pytest.fixture
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(switches, "FRESH", 0.0)
    monkeypatch.setattr(kill_switch, "SETTLED", 0.0)


@pytest.mark.usefixtures("brief")
async def test_work_that_failed_before_a_long_stop_is_tried_as_if_new(lab: Make) -> None:
    fabric = lab(failing(DOWN))
    await fabric.switches.stop("bot", "lab")
    await enqueue(fabric, failed=f"{long_ago()} down")
    await once(fabric)
    await kill_switch.switch(fabric, Operator("ann", "cli"), "start", "bot", "lab")
    await fabric.drain()
    assert fabric.heard() == ["hello"]


@pytest.mark.usefixtures("brief")
async def test_an_answer_that_failed_before_a_long_stop_is_tried_as_if_new(lab: Make) -> None:
    fabric = lab(failing())
    await answer_waits(fabric, made=LONG, failed=LONG)
    await fabric.switches.stop("bot", "lab")
    await relay.sweep(fabric)
    await kill_switch.switch(fabric, Operator("ann", "cli"), "start", "bot", "lab")
    fabric.memory.failures = [DOWN]
    await fabric.drain(until=lambda: fabric.heard() == ["hello"])


def test_what_is_parked_again_and_again_keeps_its_place_for_days(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hour = MAX_AGE / 24
    now = 0.0
    monkeypatch.setattr("shared.records.conversation.time", lambda: now)
    conversation = Conversation(ConversationReference("lab", "web", "one"))
    conversation.queue_up("first", "echo", now)
    for now in (number * hour for number in range(1, 49)):
        for work in ("first", "second"):
            kept = conversation.to_op()
            conversation = Conversation.from_item(Item("p", kept.id, kept.body, "e"))
            conversation.queue_up(work, "echo", now + 10)
    assert [work for work, *_ in conversation.parked] == ["first", "second"]
