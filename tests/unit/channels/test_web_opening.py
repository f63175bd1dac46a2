"""A bot that wants to greet hears that a page has opened a conversation, once."""

import json
from collections.abc import Callable
from typing import Any

import azure.functions as func
import pytest

from functions import triggers
from functions.channels import directline
from shared.operations.reports.books import books
from shared.skill import Skill
from shared.turn import Turn
from tests.lab import Lab

ORIGIN = "http://localhost:7071"


def greeter() -> Skill:
    skill = Skill("greeter", "Greets who comes")

    @skill.on_activity("conversationUpdate")
    async def greet(turn: Turn) -> None:
        added = [member["id"] for member in turn.activity.objects("membersAdded")]
        turn.reply(f"welcome {' '.join(added)}")

    return skill


def silent() -> Skill:
    skill = Skill("silent", "Answers when asked")

    @skill.on_message
    async def answer(turn: Turn) -> None:
        turn.reply("yes?")

    return skill


async def opened(fabric: Lab, monkeypatch: pytest.MonkeyPatch, times: int) -> str:
    """The conversation of a page that opens it, and asks again as often as `times` says."""
    for module in (directline, triggers):
        monkeypatch.setattr(module, "fabric", lambda: fabric)
    grant = await post("generate", {"bot": "lab", "user": {"id": "ann"}})
    for _ in range(times):
        await post("conversations", {}, authorization=f"Bearer {grant['token']}")
    await fabric.drain()
    return str(grant["conversationId"])


async def post(name: str, body: dict[str, Any], **headers: str) -> dict[str, Any]:
    request = func.HttpRequest(
        method="POST",
        url="http://localhost/",
        headers={"origin": ORIGIN, "content-type": "application/json", **headers},
        body=json.dumps(body).encode(),
    )
    answer = await getattr(directline, name).build().get_user_function()(request)
    assert answer.status_code in (200, 201), answer.status_code
    told: dict[str, Any] = json.loads(answer.get_body())
    return told


@pytest.mark.parametrize("times", [1, 3])
async def test_a_skill_that_wants_to_greet_does_so_once(
    lab: Callable[..., Lab], monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    fabric = lab(silent(), greeter())

    conversation = await opened(fabric, monkeypatch, times)

    assert fabric.heard(conversation) == ["welcome lab ann"]


async def test_a_bot_that_does_not_want_it_has_nothing_to_do(
    lab: Callable[..., Lab], monkeypatch: pytest.MonkeyPatch
) -> None:
    fabric = lab(silent())

    assert fabric.heard(await opened(fabric, monkeypatch, 1)) == []
    assert (await books(fabric))["accepted"] == 0
