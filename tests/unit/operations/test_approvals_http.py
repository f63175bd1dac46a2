"""Somebody on Teams asks for what has to be approved; who decides shows a token."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import azure.functions as func
import pytest

import functions.operators  # noqa: F401  registers the routes
from functions import operator
from functions.operator import ROUTES
from shared.dialogue.phrases import phrase
from shared.event import Event
from shared.governance import audit
from shared.governance.roles import Role
from shared.pipeline.door import facts
from shared.skill import Skill
from shared.turn import Turn
from tests.operators import bearer
from tests.teams_people import TeamsPeople, people_on_teams


def treasury() -> Skill:
    skill = Skill("treasury", "Pays")

    @skill.on_message
    async def pay(turn: Turn) -> None:
        approval = await turn.approval("pay", what=turn.text)
        turn.reply(f"done, {approval.name}: {turn.text}")

    @skill.on_invoke("pay/now")
    async def pay_now(turn: Turn) -> dict[str, Any]:
        await turn.approval("pay", what="by a card")
        turn.reply("done by a card")
        return {}

    @skill.on_event("rent.due")
    async def due(turn: Turn) -> None:
        await turn.approval("pay", what="by a fact")
        turn.reply("done by a fact")

    return skill


@pytest.fixture
async def teams(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[TeamsPeople]:
    async with people_on_teams(tmp_path, monkeypatch, treasury()) as people:
        monkeypatch.setattr(operator, "fabric", lambda: people.fabric)
        yield people


async def ask(
    teams: TeamsPeople, route: str, id: str = "", *, name: str = "Ingrid Infra", **body: Any
) -> tuple[int, Any]:
    request = func.HttpRequest(
        method=ROUTES[route].method,
        url="http://localhost/api/ops/approvals",
        headers=bearer(teams.fabric.settings, Role.OWNER, "Research", name=name),
        params={},
        route_params={"id": id},
        body=json.dumps(body).encode(),
    )
    answer = await ROUTES[route].respond(request)
    return answer.status_code, json.loads(answer.get_body())


async def waiting_id(teams: TeamsPeople) -> str:
    _, [one] = await ask(teams, "ops_approvals")
    assert one["asked_by"] == "Henry Human"
    return str(one["id"])


async def test_whoever_asks_signs_in_first_and_is_not_who_approves(teams: TeamsPeople) -> None:
    await teams.say("henry", "the rent")
    assert await ask(teams, "ops_approvals") == (200, [])
    assert (await teams.exchange("henry", teams.card("henry")))[0] == 200
    await teams.fabric.drain()
    id = await waiting_id(teams)

    assert (await ask(teams, "ops_approvals_approve", id, name="Henry Human"))[0] == 403
    assert (await ask(teams, "ops_approvals_deny", id, name="henry human"))[0] == 403
    assert (await ask(teams, "ops_approvals_approve", id))[0] == 200
    await teams.fabric.drain()

    assert teams.heard("henry")[-1] == "done, Henry Human: the rent"
    assert (await ask(teams, "ops_approvals_approve", id))[0] == 409
    seen = [
        (entry.action, entry.outcome, entry.purpose)
        async for entry in audit.entries(teams.fabric.store)
        if entry.action.startswith("approval.") and entry.outcome != audit.BEGUN
    ]
    assert seen == [
        ("approval.asked", "done", "answer"),
        ("approval.approve", "denied", "answer"),
        ("approval.deny", "denied", "answer"),
        ("approval.approve", "done", "answer"),
        ("approval.carried-out", "done", "answer"),
        ("approval.approve", "failed: decided: it is approved already", "answer"),
    ]


async def test_the_reason_of_a_refusal_is_told_in_the_persons_language(
    teams: TeamsPeople,
) -> None:
    await teams.sign_in("henry", "Bitte überweisen Sie mir die Miete für den nächsten Monat")
    id = await waiting_id(teams)

    assert (await ask(teams, "ops_approvals_deny", id, reason="Zu teuer."))[0] == 200
    await teams.fabric.drain()

    assert teams.heard("henry")[-1].endswith("Der Grund: Zu teuer.")


@pytest.mark.parametrize(
    "body", [{"reason": 1}, {"reason": "x" * 501}, {"other": "x"}, {"reason": "a", "as": "b"}]
)
async def test_a_wrong_body_is_refused(teams: TeamsPeople, body: dict[str, Any]) -> None:
    await teams.sign_in("henry", "the rent")

    assert (await ask(teams, "ops_approvals_approve", await waiting_id(teams), **body))[0] == 400


@pytest.mark.parametrize("id", ["", "nobody", "../x", "%"])
async def test_what_is_not_there_is_404(teams: TeamsPeople, id: str) -> None:
    await teams.sign_in("henry", "the rent")

    assert (await ask(teams, "ops_approvals_approve", id))[0] == 404


async def test_a_card_is_answered_that_it_waits_and_the_deed_done_later(teams: TeamsPeople) -> None:
    await teams.sign_in("henry", "the rent")
    await ask(teams, "ops_approvals_deny", await waiting_id(teams))
    await teams.fabric.drain()

    status, answer = await teams.invoke("henry", "pay/now", {})

    assert (status, answer["value"].partition("\n")[0]) == (
        200,
        "This has to be approved by a second person: pay",
    )
    assert (await ask(teams, "ops_approvals_approve", await waiting_id(teams)))[0] == 200
    await teams.fabric.drain()
    assert teams.heard("henry")[-1] == "done by a card"


async def test_for_a_fact_nobody_asks_and_nothing_is_done(teams: TeamsPeople) -> None:
    await teams.sign_in("henry", "the rent")
    await ask(teams, "ops_approvals_deny", await waiting_id(teams))
    await teams.fabric.drain()
    [document] = [i for i in await teams.fabric.store.find(None, "conversation", limit=9)]

    fact = Event("n1", "rent.due", bot="lab", conversation=document.partition)
    await facts.fan_out(teams.fabric, fact.to_json())
    await teams.fabric.drain()

    assert teams.heard("henry")[-1] == phrase("en", "approval.nowhere")
    assert (await ask(teams, "ops_approvals"))[1] == []
