"""Health: looked at once for many who ask, terse for strangers, and without an error's text."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import azure.functions as func
import pytest

from functions.platform import health as route
from shared.operations.reports import health as report
from shared.operations.reports.health import HealthDesk, health
from shared.skill import Skill
from stand_ins.resource import KEY
from tests.lab import Lab
from tests.unit.media.senses import running

Make = Callable[..., Lab]


@pytest.fixture
def fabric(lab: Make) -> Lab:
    return lab(Skill("echo", "Echoes"))


async def test_many_who_ask_cost_one_look(fabric: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []
    check = fabric.bus.check

    async def counted() -> str:
        looks.append(1)
        return await check()

    monkeypatch.setattr(fabric.bus, "check", counted)
    now = [1000.0]
    monkeypatch.setattr(report, "monotonic", lambda: now[0])
    desk = HealthDesk(fabric)
    await desk.report()
    once = len(looks)
    for _ in range(100):
        assert (await desk.report())["status"] == "ok"
    assert len(looks) == once

    now[0] += report.FRESH_LOCAL_SECONDS
    await desk.report()
    assert len(looks) == 2 * once


async def test_a_check_that_breaks_tells_its_type_and_no_text(
    fabric: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken() -> str:
        raise RuntimeError("AccountKey=canary")

    monkeypatch.setattr(fabric.bus, "check", broken)
    told = await health(fabric)
    assert told["status"] == "degraded"
    assert told["dependencies"]["bus"].startswith("degraded: RuntimeError; ")
    assert "canary" not in str(told)


@pytest.mark.parametrize(
    ("local", "headers", "terse"),
    [(True, {}, False), (True, {"x-forwarded-for": "203.0.113.9"}, True), (False, {}, True)],
)
async def test_a_stranger_hears_whether_it_works_and_no_more(
    fabric: Lab,
    monkeypatch: pytest.MonkeyPatch,
    local: bool,
    headers: dict[str, str],
    terse: bool,
) -> None:
    fabric.settings = replace(fabric.settings, local=local)
    monkeypatch.setattr(route, "fabric", lambda: fabric)
    monkeypatch.setattr(route, "desk", HealthDesk)
    function: Any = route.health
    request = func.HttpRequest("GET", "http://localhost/", headers=headers, body=b"")
    answer = await function._function.get_user_function()(request)
    told = json.loads(answer.get_body())
    assert set(told) == (
        {"status", "version"} if terse else {"status", "version", "bots", "dependencies"}
    )


async def test_each_service_that_is_configured_has_a_line_and_costs_nothing(fabric: Lab) -> None:
    """A key that it does not take is named, without the key."""
    without = (await health(fabric))["dependencies"]
    assert not {"speech", "translator", "documents"} & without.keys()
    async with running() as services:
        services.connect(fabric)
        fabric.__dict__.pop("ai")
        services.translator.key = "another"
        told = (await health(fabric))["dependencies"]
        await fabric.close()

    assert (told["speech"], told["documents"]) == ("ok", "ok")
    assert "check FABRIC_TRANSLATOR_KEY" in told["translator"]
    assert KEY not in told["translator"]
    assert services.translator.billed == 0
