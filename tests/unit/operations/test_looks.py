"""What operators look at: the bots there are, and what was said in a conversation."""

import json
from collections.abc import Callable
from typing import Any

import azure.functions as func
import pytest

import functions.operators  # noqa: F401  registers the routes
from functions import operator
from functions.operator import ROUTES
from shared.errors import Unavailable
from shared.governance import audit
from shared.governance.roles import Role
from shared.ports.store import Etags
from shared.skill import Skill
from shared.turn import Turn
from stand_ins.entra.tokens import Subject
from tests.lab import Lab
from tests.operators import bearer


@pytest.fixture
async def fabric(lab: Callable[..., Lab], monkeypatch: pytest.MonkeyPatch) -> Lab:
    skill = Skill("echo", "Echoes")

    @skill.on_message
    async def echo(turn: Turn) -> None:
        turn.reply(f"echo: {turn.text}")

    made = lab(skill)
    monkeypatch.setattr(operator, "fabric", lambda: made)
    await made.say("my knee hurts")
    await made.drain()
    return made


async def look(
    fabric: Lab, route: str, *places: str, role: Role = Role.OPERATOR, key: str = "", **query: str
) -> tuple[int, Any]:
    request = func.HttpRequest(
        method="GET",
        url="http://localhost/",
        headers=bearer(fabric.settings, role, *places),
        params=query,
        route_params={"key": key} if key else {},
        body=b"",
    )
    answer = await ROUTES[route].respond(request)
    return answer.status_code, json.loads(answer.get_body())


async def test_the_registry_says_whose_a_bot_is_and_how_it_does(fabric: Lab) -> None:
    status, found = await look(fabric, "ops_bots", "Research", role=Role.AUDITOR)

    [bot] = found["bots"]
    assert status == 200
    assert (bot["bot"], bot["owner"], bot["department"]) == (
        "lab",
        "lab@contoso.example",
        "Research",
    )
    assert (bot["state"], bot["health"], bot["turns_today"]) == ("running", "ok", 1)
    await fabric.switches.stop("bot", "lab")
    assert (await look(fabric, "ops_bots"))[1]["bots"][0]["state"] == "stopped"
    assert (await look(fabric, "ops_bots", "Sales"))[1] == {"bots": []}


async def test_the_registry_is_narrowed_to_a_bot_or_a_department(fabric: Lab) -> None:
    assert len((await look(fabric, "ops_bots", bot="lab"))[1]["bots"]) == 1
    assert len((await look(fabric, "ops_bots", department="Research"))[1]["bots"]) == 1
    assert (await look(fabric, "ops_bots", department="Sales"))[1] == {"bots": []}
    assert (await look(fabric, "ops_bots", bot="nobody"))[0] == 404
    assert (await look(fabric, "ops_bots", "Sales", bot="lab"))[0] == 404


async def test_a_conversation_is_shown_for_a_purpose_and_the_look_is_on_record(
    fabric: Lab,
) -> None:
    _, listed = await look(fabric, "ops_conversations", "Research", purpose="complaint")
    [summary] = listed["conversations"]
    key = summary["conversation"]

    status, whole = await look(
        fabric, "ops_conversations_key", "Research", key=key, purpose="complaint"
    )

    assert status == 200
    assert "knee" not in str(listed)
    assert [(one["text"], one["replies"]) for one in whole["transcript"]] == [
        ("my knee hurts", ["echo: my knee hurts"])
    ]
    entries = [entry async for entry in audit.entries(fabric.store)]
    assert [(e.action, e.purpose, e.who, e.department) for e in entries] == [
        ("conversations.list", "complaint", Subject("ann").oid, "Research"),
        ("conversation.read", "complaint", Subject("ann").oid, "Research"),
    ]
    assert entries[-1].conversation == key


@pytest.mark.parametrize("purpose", ["", "curiosity"])
async def test_without_a_purpose_nothing_is_shown_and_it_is_said_what_to_write(
    fabric: Lab, purpose: str
) -> None:
    for route in ("ops_conversations", "ops_conversations_key"):
        status, answer = await look(fabric, route, key="lab.web.x", purpose=purpose)
        assert status == 400
        assert "purpose= with one of answer, audit" in answer["reason"]


async def test_a_foreign_conversation_is_not_there_and_the_try_is_on_record(fabric: Lab) -> None:
    key = (await look(fabric, "ops_conversations", purpose="incident"))[1]["conversations"][0][
        "conversation"
    ]

    foreign = await look(fabric, "ops_conversations_key", "Sales", key=key, purpose="incident")
    missing = await look(
        fabric, "ops_conversations_key", "Sales", key="no.web.x", purpose="incident"
    )

    assert foreign == missing == (404, {"error": "not found"})
    [*_, denied] = [entry async for entry in audit.entries(fabric.store)]
    assert (denied.outcome, denied.target["key"]) == ("denied", key)
    _, listed = await look(fabric, "ops_conversations", "Sales", purpose="incident")
    assert listed == {"conversations": [], "total": 0}


async def test_what_cannot_be_recorded_is_not_shown(
    fabric: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = fabric.store.write

    async def no_audit(where: str, *ops: Any, durable: bool = True) -> Etags:
        if where.startswith("audit"):
            raise Unavailable("store")
        return await write(where, *ops, durable=durable)

    key = (await look(fabric, "ops_conversations", purpose="incident"))[1]["conversations"][0][
        "conversation"
    ]
    monkeypatch.setattr(fabric.store, "write", no_audit)

    assert (await look(fabric, "ops_conversations_key", key=key, purpose="incident"))[0] == 503
