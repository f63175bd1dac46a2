"""Somebody asks for a person, is listed, answered on their channel, and given back to the bot."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import azure.functions as func
import pytest

from functions import operator
from functions.operator import Handler
from functions.operators import waiting as routes
from functions.skills import handoff
from shared.errors import PermanentError
from shared.governance import audit
from shared.governance.audit import Operator
from shared.operations.deeds import waiting as deeds
from shared.operations.reports.waiting import waiting
from shared.pipeline.door.returns import return_overdue
from shared.ports.store import Put
from shared.records.waiting import DOCUMENT
from shared.skill import Skill
from shared.turn import Turn
from tests.lab import Lab
from tests.operators import bearer
from tests.unit.dialogue.rooms import Chat

BEN = Operator("ben", "cli")
CHANNELS = pytest.mark.parametrize("channel", ["teams", "whatsapp", "web"])


@pytest.fixture
def fabric(lab: Callable[..., Lab], monkeypatch: pytest.MonkeyPatch) -> Lab:
    front = Skill("front", "Answers everything else")

    @front.on_message
    async def answer(turn: Turn) -> None:
        turn.reply(f"front: {turn.text}")

    made = lab(handoff.skill, front, floorless="front")
    monkeypatch.setattr(operator, "fabric", lambda: made)
    return made


async def asked(fabric: Lab, channel: str = "web") -> Chat:
    """A person who has asked for a person."""
    ann = Chat(fabric, channel)
    await ann.say("/handoff my payslip is wrong")
    return ann


@CHANNELS
async def test_a_person_is_listed_answered_and_given_back(fabric: Lab, channel: str) -> None:
    ann = await asked(fabric, channel)

    [listed] = await waiting(fabric)
    assert (listed.key, listed.bot, listed.channel) == (ann.key, "lab", channel)
    assert listed.reason == "my payslip is wrong"
    assert not listed.answered
    assert await ann.say("it is the one of May") == []

    await deeds.answer(fabric, BEN, ann.key, "I am looking at it.")
    await fabric.drain()
    assert fabric.heard("ann")[-1] == "I am looking at it."
    [listed] = await waiting(fabric)
    assert listed.answered
    assert [one["by"] for one in listed.said] == ["person", "colleague"]
    ann.seen = len(fabric.memory.sent)
    assert await ann.say("thank you, Ben") == [], "a person has taken over"

    await deeds.give_back(fabric, BEN, ann.key)
    await fabric.drain()
    assert fabric.heard("ann")[-1].startswith("My colleague has closed the conversation")
    assert await waiting(fabric) == []
    ann.seen = len(fabric.memory.sent)
    assert await ann.last("when is payday?") == "front: when is payday?"


async def test_each_deed_is_on_record_without_what_was_said(fabric: Lab) -> None:
    ann = await asked(fabric)

    await deeds.answer(fabric, BEN, ann.key, "a secret")
    await deeds.give_back(fabric, BEN, ann.key)

    found = await audit.deeds(fabric.store)
    assert [(d.who, d.action, d.outcome) for d in found] == [
        ("ben", "answer", "done"),
        ("ben", "return", "done"),
    ]
    assert found[0].target["conversation"] == ann.key
    assert "secret" not in repr(found)


async def test_the_bot_comes_back_by_itself_when_nobody_answers(fabric: Lab) -> None:
    ann = await asked(fabric)
    await return_overdue(fabric)
    await fabric.drain()
    assert len(await waiting(fabric)) == 1, "it is not time yet"
    [item] = await fabric.items(ann.key, DOCUMENT)
    await fabric.store.write(ann.key, Put(item.id, item.body, etag=item.etag, due=1.0))

    for _ in range(2):
        await return_overdue(fabric)
    await fabric.drain()

    assert fabric.heard("ann")[-1].startswith("I am sorry: nobody could answer in time")
    assert len(fabric.heard("ann")) == 2
    assert await waiting(fabric) == []


async def test_an_answer_puts_the_return_off(fabric: Lab) -> None:
    ann = await asked(fabric)
    [before] = await fabric.items(ann.key, DOCUMENT)

    await deeds.answer(fabric, BEN, ann.key, "One moment.")

    [after] = await fabric.items(ann.key, DOCUMENT)
    assert after.due is not None
    assert before.due is not None
    assert after.due >= before.due


async def test_who_asked_outside_the_hours_is_helped_on_and_answered_later(
    lab: Callable[..., Lab],
) -> None:
    in_two_days = f"{datetime.now(UTC) + timedelta(days=2):%a}"
    front = Skill("front", "Answers everything else")

    @front.on_message
    async def answer(turn: Turn) -> None:
        turn.reply(f"front: {turn.text}")

    hours = f'[handoff]\nhours = "{in_two_days} 09:00-10:00"'
    fabric = lab(handoff.skill, front, floorless="front", manifest=hours)
    ann = await asked(fabric)
    await ann.say("/bot")
    assert await ann.last("when is payday?") == "front: when is payday?"
    assert len(await waiting(fabric)) == 1

    await deeds.answer(fabric, BEN, ann.key, "I am looking at it.")
    await fabric.drain()

    assert fabric.heard("ann")[-1] == "I am looking at it."
    ann.seen = len(fabric.memory.sent)
    assert await ann.say("thank you, Ben") == [], "a person has taken over"


async def test_who_comes_back_to_the_bot_waits_no_more(fabric: Lab) -> None:
    ann = await asked(fabric)

    assert await ann.last("zurück zum Bot, please")

    assert await waiting(fabric) == []
    with pytest.raises(PermanentError, match="nobody_waits"):
        await deeds.answer(fabric, BEN, ann.key, "hello?")


@pytest.mark.parametrize("text", ["", "  ", "x" * 4001])
async def test_an_answer_needs_words(fabric: Lab, text: str) -> None:
    ann = await asked(fabric)

    with pytest.raises(PermanentError, match="no_text"):
        await deeds.answer(fabric, BEN, ann.key, text)

    assert await audit.deeds(fabric.store) == []


async def ask(
    fabric: Lab, handler: Handler, key: str = "", body: Any = None, **query: str
) -> tuple[int, Any]:
    """The status and the answer of a route."""
    request = func.HttpRequest(
        method="POST",
        url="http://localhost/",
        headers=bearer(fabric.settings),
        params=query,
        route_params={"key": key},
        body=b"" if body is None else json.dumps(body).encode(),
    )
    [route] = [route for route in operator.ROUTES.values() if route.handler is handler]
    answer = await route.respond(request)
    return answer.status_code, json.loads(answer.get_body())


async def test_the_same_over_http(fabric: Lab) -> None:
    ann = await asked(fabric, "whatsapp")

    status, [listed] = await ask(fabric, routes.waiting)
    assert (status, listed["key"], listed["reason"]) == (200, ann.key, "my payslip is wrong")
    assert await ask(fabric, routes.waiting, department="Sales") == (200, [])
    assert (await ask(fabric, routes.waiting, bot="nobody"))[0] == 404
    answered = await ask(fabric, routes.answer, ann.key, {"text": "Hello Ann"})
    assert answered == (200, {"key": ann.key, "id": listed["id"]})
    await fabric.drain()
    assert fabric.heard("ann")[-1] == "Hello Ann"
    assert (await ask(fabric, routes.give_back, ann.key))[0] == 200
    await fabric.drain()
    assert await ask(fabric, routes.waiting) == (200, [])


@pytest.mark.parametrize("body", [{}, {"text": ""}, {"text": 7}, {"text": "x", "to": "bob"}, []])
async def test_an_answer_that_is_not_clear_is_not_sent(fabric: Lab, body: Any) -> None:
    ann = await asked(fabric)

    assert (await ask(fabric, routes.answer, ann.key, body))[0] == 400

    await fabric.drain()
    assert len(fabric.heard("ann")) == 1


async def test_where_nobody_waits_is_404(fabric: Lab) -> None:
    for handler, body in ((routes.answer, {"text": "x"}), (routes.give_back, None)):
        assert (await ask(fabric, handler, "lab.web.nobody", body))[0] == 404
