"""Turns that are answered in the same response."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from shared.bot import Limits
from shared.errors import Rejected
from shared.governance.callers import Caller, Callers
from shared.pipeline.door import calls
from shared.skill import Skill
from shared.turn import Turn
from tests.lab import Lab


def desk() -> list[Skill]:
    front, clicker = Skill("front", "Front"), Skill("clicker", "Counts clicks")

    @front.on_message
    async def route(turn: Turn) -> None:
        if turn.text == "click":
            turn.hand_off("clicker")
        else:
            turn.state["n"] = turn.state.get("n", 0) + 1
            turn.reply(f"{turn.state['n']}: {turn.text}")

    @clicker.on_message
    async def say(turn: Turn) -> None:
        turn.reply("clicker here")

    @clicker.on_invoke("adaptiveCard/action")
    async def clicked(turn: Turn) -> dict[str, Any]:
        turn.state["clicks"] = turn.state.get("clicks", 0) + 1
        turn.reply("noted")
        return {"statusCode": 200, "value": turn.state["clicks"]}

    return [front, clicker]


def body(text: str, **more: str) -> bytes:
    return json.dumps(
        {"bot": "lab", "conversation": "c", "user": "u", "text": text, **more}
    ).encode()


async def said(fabric: Lab, text: str, **more: str) -> list[str]:
    answer = await calls.call(fabric, fabric.skills["front"], body(text, **more))
    return [activity["text"] for activity in answer["activities"]]


async def test_a_skill_is_an_api(lab: Callable[..., Lab]) -> None:
    fabric = lab(*desk())
    assert await said(fabric, "a") == ["1: a"]
    assert await said(fabric, "b") == ["2: b"]


async def test_a_hand_off_is_followed(lab: Callable[..., Lab]) -> None:
    assert await said(lab(*desk()), "click") == ["clicker here"]


async def test_the_same_request_gets_the_same_answer(lab: Callable[..., Lab]) -> None:
    fabric = lab(*desk())
    assert await said(fabric, "a", id="1") == await said(fabric, "a", id="1") == ["1: a"]


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"", 400),
        (b"{}", 400),
        (b'{"bot":1,"conversation":"c","user":"u","text":"t"}', 400),
        (b'{"bot":"lab","conversation":"","user":"u","text":"t"}', 400),
        (b'{"bot":"none","conversation":"c","user":"u","text":"t"}', 404),
    ],
)
async def test_a_bad_request_is_refused(lab: Callable[..., Lab], raw: bytes, status: int) -> None:
    fabric = lab(*desk())
    with pytest.raises(Rejected) as refusal:
        await calls.call(fabric, fabric.skills["front"], raw)
    assert refusal.value.status == status


def action(fabric: Lab, id: str, **value: Any) -> Any:
    inbound = fabric.inbound("", id=id, value={"action": value}, name="adaptiveCard/action")
    inbound.activity["type"] = "invoke"
    return inbound


async def test_an_invoke_is_answered_at_once(lab: Callable[..., Lab]) -> None:
    fabric = lab(*desk())
    assert await calls.invoke(fabric, action(fabric, "1", verb="x")) == {
        "statusCode": 200,
        "value": 1,
    }
    assert fabric.heard() == ["noted"]


async def test_one_click_under_two_ids_counts_once(lab: Callable[..., Lab]) -> None:
    fabric = lab(*desk())
    first = await calls.invoke(fabric, action(fabric, "1", verb="x"))
    assert await calls.invoke(fabric, action(fabric, "2", verb="x")) == first
    assert await calls.invoke(fabric, action(fabric, "3", verb="y")) != first
    assert fabric.heard() == ["noted", "noted"]


async def test_an_invoke_nobody_handles_is_none(lab: Callable[..., Lab]) -> None:
    fabric = lab(*desk())
    inbound = action(fabric, "1")
    inbound.activity["name"] = "task/fetch"
    assert await calls.invoke(fabric, inbound) is None


async def test_expected_replies_are_not_sent_as_well(lab: Callable[..., Lab]) -> None:
    fabric = lab(*desk())
    inbound = fabric.inbound("a")
    inbound = replace(inbound, reference=replace(inbound.reference))
    replies = await calls.converse(fabric, inbound)
    await fabric.drain()
    assert [reply.text for reply in replies] == ["1: a"]
    assert fabric.heard() == []


PORTAL, SHOP = "portal-key-0123456789", "shop-key-0123456789"


def shared_desk(lab: Callable[..., Lab]) -> Lab:
    fabric = lab(*desk())
    fabric.callers = Callers(
        [
            Caller("portal", PORTAL, frozenset({"lab"}), ("u", "portal-*")),
            Caller("shop", SHOP, frozenset({"*"})),
            Caller("elsewhere", "elsewhere-key-0123456789", frozenset({"hr"})),
        ]
    )
    return fabric


async def asked(fabric: Lab, key: str, text: str, **more: str) -> list[str]:
    answer = await calls.call(fabric, fabric.skills["front"], body(text, **more), key=key)
    return [activity["text"] for activity in answer["activities"]]


async def test_callers_have_conversations_of_their_own_under_one_name(
    lab: Callable[..., Lab],
) -> None:
    fabric = shared_desk(lab)
    assert await asked(fabric, PORTAL, "a") == ["1: a"]
    assert await asked(fabric, SHOP, "my tickets") == ["1: my tickets"]
    assert await asked(fabric, PORTAL, "b") == ["2: b"]


@pytest.mark.parametrize(
    ("key", "more", "status"),
    [
        ("", {}, 403),
        ("of-nobody-0123456789", {}, 403),
        ("elsewhere-key-0123456789", {}, 404),
        (PORTAL, {"user": "somebody"}, 403),
        (PORTAL, {"user": "portal-7"}, 200),
    ],
)
async def test_a_key_is_good_for_its_callers_bots_and_users(
    lab: Callable[..., Lab], key: str, more: dict[str, str], status: int
) -> None:
    fabric, answered = shared_desk(lab), 200
    try:
        await asked(fabric, key, "a", **more)
    except Rejected as refusal:
        answered = refusal.status
    assert answered == status


@pytest.mark.parametrize("more", [{"user": "mallory"}, {"text": "show me"}])
async def test_an_id_answers_only_the_request_that_it_was_given_for(
    lab: Callable[..., Lab], more: dict[str, str]
) -> None:
    fabric = lab(*desk())
    first = await said(fabric, "a", id="fixed")
    assert await said(fabric, "a", id="fixed") == first

    other = {"text": "a", "id": "fixed"} | more
    with pytest.raises(Rejected) as refusal:
        await calls.call(fabric, fabric.skills["front"], body(**other))

    assert refusal.value.status == 409


async def test_a_program_has_the_turns_a_minute_that_people_have(
    lab: Callable[..., Lab],
) -> None:
    fabric = lab(*desk())
    fabric.bots["lab"] = replace(
        fabric.bots["lab"], limits=Limits(turns_per_minute_per_conversation=2)
    )
    refused: list[Rejected] = []
    for number in range(6):
        try:
            await said(fabric, str(number))
        except Rejected as refusal:
            refused.append(refusal)

    assert len(refused) >= 2  # a minute may end meanwhile
    assert {(one.status, one.reason) for one in refused} == {(429, "too_many_turns")}
    assert all(one.after and 0 < one.after <= 60 for one in refused)
