"""What is stored stays as it was: an upgrade reads what the version before it wrote."""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from shared.activity import ConversationReference
from shared.errors import PermanentError, TransientError, Unavailable
from shared.pipeline.door.accept import accept
from shared.pipeline.door.receipts import record_receipt
from shared.pipeline.outbox import relay
from shared.ports.channel import Receipt
from shared.ports.store import Item, every
from shared.records.acceptance import Acceptance, Words
from shared.records.conversation import Conversation
from shared.records.dead_letter import DeadLetter
from shared.records.effect import effect_of
from shared.records.receipt import Sent
from shared.skill import Skill
from shared.turn import Turn
from tests.lab import Lab

GOLDEN = Path(__file__).parent / "stored_items.json"

front, clerk = Skill("front", "Takes what people say"), Skill("clerk", "Files it")


@front.on_message
async def take(turn: Turn) -> None:
    match turn.text:
        case "file":
            turn.hand_off("clerk")
        case "wait":
            raise TransientError("the archive is shut", after=100)
        case "die":
            raise PermanentError("no_such_file", "it was never there")
        case _:
            turn.state["words"] = turn.text
            turn.reply(f"heard {turn.text}")


@clerk.on_message
async def file(turn: Turn) -> None:
    turn.emit("paper.filed", {"title": turn.text}, subject="paper/1")
    turn.reply("filed")


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[Lab]:
    lab = Lab(tmp_path, front, clerk)
    yield lab
    await lab.close()


async def one_reply(lab: Lab) -> None:
    await lab.say("hello")
    await lab.drain()


async def handed_on(lab: Lab) -> None:
    await lab.say("file")
    await lab.drain()


async def committed_and_not_sent(lab: Lab) -> None:
    lab.memory.failures = [Unavailable("the channel is down", after=100, maybe_done=True)]
    await lab.say("hello")
    await lab.drain(until=lambda: not lab.memory.failures)


async def parked(lab: Lab) -> None:
    await lab.say("wait")
    for delivery in await lab.deliveries():
        await lab.run(delivery)


async def dead(lab: Lab) -> None:
    await lab.say("die")
    await lab.drain()


async def refused_by_the_channel(lab: Lab) -> None:
    lab.memory.failures = [PermanentError("blocked", "the person has blocked the bot")]
    await lab.say("hello")
    await lab.drain()


async def received(lab: Lab) -> None:
    reference = ConversationReference("lab", "whatsapp", "49", user="49")
    await record_receipt(lab, Receipt(reference, "wamid.1", "read", "", "1700000000"))


async def sent_again(lab: Lab) -> None:
    lab.memory.failures = [Unavailable("no answer", after=0, maybe_done=True)]
    key = await lab.say("hello")
    await lab.drain(until=lambda: not lab.memory.failures)
    await relay.drain(lab, key)
    await lab.drain()


async def many_at_once(lab: Lab) -> None:
    await accept(lab, [lab.inbound(text) for text in ("one", "two")])


STORIES = (
    *(one_reply, handed_on, committed_and_not_sent, parked, dead, refused_by_the_channel),
    *(received, sent_again, many_at_once),
)


def written_again(item: Item) -> dict[str, Any]:
    """What its type makes of it; what has no type yet comes back as it is."""
    match item.id.partition(":"):
        case ("conversation", _, _):
            return dict(Conversation.from_item(item).to_op().body)
        case ("accepted", _, _):
            return Acceptance.from_item(item).to_body()
        case ("outbox", _, _):
            return effect_of(item).to_body()
        case ("dead", _, _):
            return DeadLetter.from_item(item).to_body()
        case ("sent", _, _):
            return dict(Sent.from_item(item).to_op().body)
    return item.body


def settled(value: Any) -> Any:
    """The same without what differs from run to run: times, traces, lines."""
    match value:
        case dict():
            return {settled(name): settled(inner) for name, inner in value.items()}
        case list():
            return [settled(inner) for inner in value]
        case float():
            return "<time>" if value > 1e9 else "<seconds>"
        case int() if not isinstance(value, bool) and value > 1e6:
            return "<minute>"
        case str():
            value = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+\+00:00", "<time>", value)
            value = re.sub(r"00-[0-9a-f]{32}-[0-9a-f]{16}-0\d", "<trace>", value)
            value = re.sub(r"\.py:\d+\)", ".py:<line>)", value)
            return re.sub(r"\b\d{13}\b", "<ms>", value)
    return value


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
async def test_a_story_stores_what_it_stored_before(lab: Lab, story: Any) -> None:
    await story(lab)

    stored = [
        {
            "partition": item.partition,
            "id": settled(item.id),
            "due": item.due is not None,
            "body": settled(item.body),
        }
        async for item in every(lab.store, "")
    ]

    golden = json.loads(GOLDEN.read_text())
    assert stored == golden[story.__name__]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
async def test_what_is_read_is_written_again_as_it_was(lab: Lab, story: Any) -> None:
    await story(lab)

    items = [item async for item in every(lab.store, "")]

    assert [written_again(item) for item in items] == [item.body for item in items]


@pytest.mark.parametrize(
    ("note", "body"),
    [
        (Acceptance(origin="1", skill="echo", at=5.0), {"skill": "echo", "at": 5.0}),
        (
            Acceptance(origin="1", skill="echo", at=5.0, not_before=9.0, kept=True),
            {"skill": "echo", "at": 5.0, "kept": True, "not_before": 9.0},
        ),
        (
            Acceptance(origin="1", skill="echo", at=5.0, parked=True, words=Words("a", "b", "c")),
            {
                "skill": "echo",
                "at": 5.0,
                "said": {"text": "a", "sender": "b", "id": "c"},
                "parked": True,
            },
        ),
        (
            Acceptance(origin="1", skill="", at=5.0, refused="crowded"),
            {"skill": "", "at": 5.0, "refused": "crowded"},
        ),
        (
            Acceptance(origin="1", skill="a", at=5.0, kept=True).finished_with("2", "b"),
            {"skill": "b", "at": 5.0, "with": "2"},
        ),
        (
            Acceptance(origin="1", skill="echo", at=5.0, number=7),
            {"skill": "echo", "at": 5.0, "origin": "1"},
        ),
    ],
)
def test_an_acceptance_is_stored_as_before(note: Acceptance, body: dict[str, Any]) -> None:
    put = note.put()

    assert (put.id, put.body) == ("accepted:n000000007" if note.number else "accepted:1", body)
    assert Acceptance.from_item(Item("one", put.id, put.body, "", put.due)) == note
