"""Versions of a skill over HTTP: auditors see them, operators change what is their own."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import azure.functions as func
import pytest

import functions.operators  # noqa: F401  registers the routes
from functions import operator
from shared.governance import audit
from shared.governance.roles import Role
from shared.skill import Skill, versions
from tests.lab import Lab
from tests.operators import bearer

CHANGE = {"version": "v2", "share": "10%", "reason": "shorter answers", "stop_above": "5%"}
OWN = "Research"


@pytest.fixture
def fabric(lab: Callable[..., Lab], monkeypatch: pytest.MonkeyPatch) -> Lab:
    first = Skill("echo", "Echoes")
    made = lab(first)
    made.versions = versions({"echo": first}, {"echo": {"v2": Skill("echo", "", version="v2")}})
    monkeypatch.setattr(operator, "fabric", lambda: made)
    return made


async def ask(
    name: str, headers: dict[str, str], body: Any = None, *, skill: str = "echo", bot: str = ""
) -> tuple[int, Any]:
    route = operator.ROUTES[name]
    request = func.HttpRequest(
        method=route.method,
        url="http://localhost/",
        headers=headers,
        params={},
        route_params={"bot": bot} if bot else {"skill": skill},
        body=json.dumps(body or {}).encode(),
    )
    answer = await route.respond(request)
    return answer.status_code, json.loads(answer.get_body())


async def test_a_share_is_set_seen_and_on_record_with_who_and_why(fabric: Lab) -> None:
    headers = bearer(fabric.settings, Role.OPERATOR)

    status, made = await ask("ops_roll_out", headers, CHANGE)
    _, listed = await ask("ops_rollouts", headers)
    _, compared = await ask("ops_rollout", headers)

    assert status == 200
    assert listed["rollouts"] == [made]
    assert (made["share"], made["stop_above"], made["reason"]) == (0.1, 0.05, "shorter answers")
    assert compared["by"] == made["by"]
    assert [one["version"] for one in compared["versions"]] == ["v1", "v2"]
    done = (await audit.deeds(fabric.store))[0]
    assert (done.who, done.purpose, done.target["share"]) == (made["by"], made["reason"], "0.1")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"version": "v2"}, 400),
        ({"version": "v2", "share": "ten"}, 400),
        ({"version": "v2", "share": 10}, 400),
        ({"version": "v9", "share": "10%"}, 400),
        ({"version": 2, "share": "10%"}, 400),
        ({**CHANGE, "bots": "lab"}, 400),
        ({**CHANGE, "bots": [1]}, 400),
        ({**CHANGE, "until": "noon"}, 400),
        ({**CHANGE, "stop_above": "-1%"}, 400),
        ({**CHANGE, "bots": ["nobody"]}, 404),
    ],
)
async def test_what_is_no_change_is_refused(fabric: Lab, body: Any, status: int) -> None:
    answer, told = await ask("ops_roll_out", bearer(fabric.settings), body)

    assert answer == status
    assert told["reason" if status == 400 else "error"]
    assert await fabric.rollouts.read() == {}


async def test_a_department_changes_what_reaches_its_own_bots_alone(fabric: Lab) -> None:
    own = bearer(fabric.settings, Role.OPERATOR, OWN)
    everywhere = bearer(fabric.settings, Role.OPERATOR)

    assert (await ask("ops_roll_out", own, CHANGE))[0] == 404
    assert (await ask("ops_roll_out", own, {**CHANGE, "bots": ["lab"]}))[0] == 200
    assert (await ask("ops_roll_out", everywhere, CHANGE))[0] == 200
    assert (await ask("ops_roll_out", own, {**CHANGE, "bots": ["lab"]}))[0] == 404
    assert (await fabric.rollouts.read())["echo"].bots == ()


async def test_a_skill_of_others_is_not_there(fabric: Lab) -> None:
    foreign = bearer(fabric.settings, Role.OPERATOR, "Sales")
    await ask("ops_roll_out", bearer(fabric.settings), CHANGE)

    assert (await ask("ops_rollouts", foreign))[1] == {"rollouts": []}
    assert (await ask("ops_rollout", foreign))[0] == 404
    assert (await ask("ops_rollout", foreign, skill="none"))[0] == 404


BOT = {"version": "v2", "share": "10%", "reason": "kinder words", "stop_above": "5%"}


@pytest.fixture
def versioned(fabric: Lab) -> Lab:
    fabric.manifests = {"lab": {"v2": replace(fabric.bots["lab"], instructions="Be kind.")}}
    return fabric


async def test_a_department_rolls_out_a_version_of_its_own_bot(versioned: Lab) -> None:
    headers = bearer(versioned.settings, Role.OPERATOR, OWN)

    status, made = await ask("ops_roll_out_bot", headers, BOT, bot="lab")
    _, listed = await ask("ops_rollouts", headers)
    _, compared = await ask("ops_bot_rollout", headers, bot="lab")

    assert (status, listed["rollouts"]) == (200, [made])
    assert (made["bot"], made["share"], made["stop_above"]) == ("lab", 0.1, 0.05)
    assert (compared["bot"], compared["reason"]) == ("lab", "kinder words")
    assert [one["version"] for one in compared["versions"]] == ["v1", "v2"]


async def test_a_bot_of_others_is_not_there(versioned: Lab) -> None:
    foreign = bearer(versioned.settings, Role.OPERATOR, "Sales")
    await ask("ops_roll_out_bot", bearer(versioned.settings), BOT, bot="lab")

    assert (await ask("ops_rollouts", foreign))[1] == {"rollouts": []}
    assert (await ask("ops_bot_rollout", foreign, bot="lab"))[0] == 404
    assert (await ask("ops_roll_out_bot", foreign, BOT, bot="lab"))[0] == 404


@pytest.mark.parametrize(
    "body",
    [
        {},
        {**BOT, "reason": " "},
        {**BOT, "bots": ["lab"]},
        {**BOT, "version": "v9"},
        {**BOT, "share": "all"},
        {"version": "v2", "share": "10%"},
    ],
)
async def test_what_is_no_change_of_a_bot_is_refused(versioned: Lab, body: Any) -> None:
    headers = bearer(versioned.settings)

    status, told = await ask("ops_roll_out_bot", headers, body, bot="lab")

    assert status == 400
    assert told["reason"]
    assert await versioned.rollouts.read() == {}
