"""Operators in very many groups: Graph is asked, and nobody is let in when it does not tell."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import pytest

from functions import operator
from functions.operator import ROUTES
from shared.governance.access import Access, Grant
from shared.governance.roles import Role
from shared.settings import Settings
from shared.skill import Skill
from stand_ins.entra.people import Sample
from stand_ins.entra.server import EntraServer
from stand_ins.entra.tokens import access_token
from tests.lab import Lab
from tests.operators import signer
from tests.unit.operations.requests import get

MANY = tuple(f"0000{n:04d}-aaaa-4bbb-8ccc-dddddddddddd" for n in range(300))
MAX = Sample("max", "Max Many", "in many groups", MANY)


@pytest.fixture
async def entra() -> AsyncIterator[EntraServer]:
    async with EntraServer(people=(MAX,)) as server:
        yield server


@pytest.fixture
def fabric(lab: Callable[..., Lab], entra: EntraServer, monkeypatch: pytest.MonkeyPatch) -> Lab:
    skill = Skill("echo", "Says it again")
    made = lab(skill)
    made.settings = Settings.from_environ({**made.settings.environ, **entra.settings})
    granted = Grant(f"group:{MANY[-1]}", Role.AUDITOR, frozenset({"Research"}))
    made.access = Access([granted])
    monkeypatch.setattr(operator, "fabric", lambda: made)
    return made


async def status(fabric: Lab, *, overage: bool = True, name: str = "max") -> int:
    settings = fabric.settings
    token = access_token(signer(settings), MAX.subject, settings.operator_audience, overage=overage)
    answer = await ROUTES["ops_bots"].respond(get("ops/bots", {"authorization": f"Bearer {token}"}))
    return int(answer.status_code)


async def test_a_grant_to_one_of_300_groups_holds(fabric: Lab, entra: EntraServer) -> None:
    assert await status(fabric) == 200
    assert await status(fabric) == 200
    assert entra.asked.count("memberOf") == 3  # pages, once


@pytest.mark.parametrize("graph_status", [429, 500, 503, 403])
async def test_while_graph_does_not_tell_nobody_is_let_in(
    fabric: Lab, entra: EntraServer, graph_status: int
) -> None:
    entra.graph_status = graph_status
    assert await status(fabric) == 503

    entra.graph_status = 200
    assert await status(fabric) == 200


async def test_while_entra_is_away_nobody_is_let_in(fabric: Lab) -> None:
    fabric.settings = replace(fabric.settings, sign_in_authority="http://127.0.0.1:9/nobody/v2.0")

    assert await status(fabric) == 503


async def test_who_is_not_in_the_directory_any_more_has_no_groups(
    fabric: Lab, entra: EntraServer
) -> None:
    entra.removed.add("max")

    assert await status(fabric) == 403


async def test_without_a_directory_groups_that_a_token_does_not_name_are_nobodys(
    fabric: Lab,
) -> None:
    fabric.settings = replace(fabric.settings, sign_in_client_id="")

    assert await status(fabric) == 403


async def test_groups_are_asked_for_again_after_a_while(fabric: Lab, entra: EntraServer) -> None:
    now = [1000.0]
    assert await status(fabric) == 200
    known: Any = fabric.people._groups_of
    known.__self__._clock = lambda: now[0]
    known.__self__._known.clear()
    assert await status(fabric) == 200

    entra.people = (replace(MAX, groups=MANY[:299]),)
    assert await status(fabric) == 200
    now[0] += 301
    assert await status(fabric) == 403
