"""Every operator route against every role, and against departments that are not one's own."""

import itertools
import json
import random
from collections.abc import Callable
from typing import Any

import azure.functions as func
import pytest

import functions.operators  # noqa: F401  registers the routes
from functions import operator
from functions.operator import ROUTES, OperatorRoute
from shared.governance import audit
from shared.governance.roles import Role
from shared.skill import Skill
from tests.lab import Lab
from tests.operators import bearer

OWN, FOREIGN = "Research", "Sales"


@pytest.fixture
def fabric(lab: Callable[..., Lab], monkeypatch: pytest.MonkeyPatch) -> Lab:
    made = lab(Skill("echo", "Echoes"))
    monkeypatch.setattr(operator, "fabric", lambda: made)
    return made


async def respond(
    route: OperatorRoute,
    headers: dict[str, str],
    *,
    body: Any = None,
    query: dict[str, str] | None = None,
    id: str = "lab",
) -> tuple[int, str]:
    names = [part.strip("{}") for part in route.path.split("/") if part.startswith("{")]
    request = func.HttpRequest(
        method=route.method,
        url="http://localhost/",
        headers=headers,
        params={"purpose": "incident"} | (query or {}),
        route_params=dict.fromkeys(names, id),
        body=json.dumps(body if body is not None else {}).encode(),
    )
    answer = await route.respond(request)
    return answer.status_code, answer.get_body().decode()


@pytest.mark.parametrize("route", ROUTES.values(), ids=lambda route: route.name)
async def test_without_a_token_every_route_is_401(fabric: Lab, route: OperatorRoute) -> None:
    for headers in ({}, {"authorization": "Bearer x.y.z"}, {"x-operator": "ann"}):
        assert (await respond(route, headers))[0] == 401


@pytest.mark.parametrize("role", Role, ids=lambda role: role.name)
@pytest.mark.parametrize("route", ROUTES.values(), ids=lambda route: route.name)
async def test_a_role_opens_what_needs_it_or_less(
    fabric: Lab, route: OperatorRoute, role: Role
) -> None:
    status, _ = await respond(route, bearer(fabric.settings, role, OWN))

    if role < route.least:
        assert status == 403
    else:
        assert status not in (401, 403)
    assert status < 500


@pytest.mark.parametrize("route", ROUTES.values(), ids=lambda route: route.name)
async def test_a_token_that_nothing_is_granted_to_opens_nothing(
    fabric: Lab, route: OperatorRoute
) -> None:
    from shared.governance.access import Access

    headers = bearer(fabric.settings)
    fabric.access = Access()

    assert (await respond(route, headers))[0] == 403
    [deed] = await audit.deeds(fabric.store)
    assert (deed.action, deed.outcome) == (route.name, "denied")


async def test_a_foreign_bot_is_not_there(fabric: Lab) -> None:
    foreign, own = (bearer(fabric.settings, Role.OPERATOR, place) for place in (FOREIGN, OWN))

    assert (await respond(ROUTES["stop"], foreign, body={"bot": "lab"}))[0] == 404
    [deed] = await audit.deeds(fabric.store)
    assert (deed.action, deed.outcome) == ("stop", "denied")
    assert (await respond(ROUTES["stop"], foreign, body={"skill": "echo"}))[0] == 404
    assert (await respond(ROUTES["stop"], own, body={"skill": "echo"}))[0] == 404
    assert (await respond(ROUTES["stop"], own, body={"bot": "lab"}))[0] == 200
    assert "lab" in (await respond(ROUTES["stopped"], own))[1]
    assert "lab" not in (await respond(ROUTES["stopped"], foreign))[1]
    everywhere = bearer(fabric.settings, Role.OPERATOR)
    assert (await respond(ROUTES["stop"], everywhere, body={"skill": "echo"}))[0] == 200
    assert "echo" in (await respond(ROUTES["stopped"], own))[1]
    assert "echo" not in (await respond(ROUTES["stopped"], foreign))[1]


async def test_nothing_of_a_foreign_department_leaks_in_any_combination(fabric: Lab) -> None:
    """At least 2,000: route, role, places of the caller, and the object that is asked for."""
    fabric.bots["lab"].__dict__["name"] = "canary-name"
    await fabric.say("canary-text", conversation="canary-conversation")
    await fabric.drain()
    bodies: list[dict[str, Any]] = [
        {"bot": "lab"},
        {"skill": "echo"},
        {"ids": ["lab"]},
        {"all": True, "bot": "lab"},
        {},
    ]
    combinations = list(
        itertools.product(
            ROUTES.values(),
            Role,
            [(FOREIGN,), ("IT", FOREIGN), ("research",), ("Research ",)],
            bodies,
            ["lab", "canary", "../lab", ""],
        )
    )
    random.Random(7).shuffle(combinations)
    asked = 0
    for route, role, places, body, id in combinations[:2400]:
        query = {name: value for name, value in body.items() if isinstance(value, str)}
        headers = bearer(fabric.settings, role, *places)
        status, text = await respond(route, headers, body=body, query=query, id=id)
        assert status < 500, (route.name, role, places, body, id)
        assert "canary" not in text, (route.name, role, places, body, id)
        assert (status == 403) == (role < route.least)
        asked += 1
    assert asked >= min(2000, len(combinations))
    assert not await fabric.switches.read()
