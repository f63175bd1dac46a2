"""A system that skills call is down: people hear so at once, and get their answers after.

The outage lasts `OUTAGE_SECONDS`; with 600 it is the ten minutes of real life, with the limits
that backends have by default.
"""

import os
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from functions import host
from shared.activity import Activity, ConversationReference
from shared.errors import TransientError, Unavailable
from shared.operations.reports.books import balanced, books
from shared.operations.reports.health import health
from shared.pipeline.door import accept
from shared.ports.channel import Inbound
from shared.skill import Skill
from shared.turn import Turn
from stand_ins.crm.server import KEY, CrmServer
from tests.lab import Lab
from tests.sentences import WAITING_TEXT

OUTAGE = float(os.environ.get("OUTAGE_SECONDS", "2.5"))
LIMITS = "breaker.rest_seconds = 0.5\ntimeout_seconds = 0.5" if OUTAGE < 60 else ""
DOCS = (Path(__file__).parents[2] / "docs" / "backends.md").read_text(encoding="utf-8")


@pytest.fixture
def complaints() -> Skill:
    """The skill of docs/backends.md."""
    match = re.search(r"```python\n(.*?)```", DOCS, re.DOTALL)
    assert match
    module: dict[str, Any] = {}
    exec(match[1], module)
    del host.SKILLS["complaints"]
    skill = module["skill"]
    assert isinstance(skill, Skill)
    return skill


@pytest.fixture
async def crm() -> AsyncIterator[CrmServer]:
    async with CrmServer() as server:
        server.books.customers["ann"] = {"id": "ann"}
        yield server


def declare(folder: Path, *, limits: str = LIMITS, **backends: CrmServer) -> None:
    tables = (
        f'[{name}]\nurl = "{server.url}"\nkey = "{KEY}"\n{limits}\n'
        for name, server in backends.items()
    )
    (folder / "backends.toml").write_text("\n".join(tables))


def tiers() -> Skill:
    """Asks the backend `shop`."""
    skill = Skill("tiers", "Tells your tier")

    @skill.on_message
    async def tell(turn: Turn) -> None:
        customer = await turn.backend("shop").get("/customers/{id}", id="c-1")
        turn.reply(customer["tier"])

    return skill


async def work_for(fabric: Lab, seconds: float) -> None:
    end = monotonic() + seconds
    while (left := end - monotonic()) > 0:
        soon = monotonic() + min(5, left)
        await fabric.drain(until=lambda soon=soon: monotonic() > soon)  # type: ignore[misc]


async def until_all_is_done(fabric: Lab, seconds: float) -> None:
    end = monotonic() + seconds
    while (await books(fabric))["pending"] + (await books(fabric))["parked"]:
        assert monotonic() < end, "it is back, and people still wait"
        await work_for(fabric, 0.2)


@pytest.mark.parametrize("kind", ["down", "slow", "lost"])
async def test_people_are_told_at_once_and_answered_after_in_order_once(
    lab: Callable[..., Lab], tmp_path: Path, crm: CrmServer, complaints: Skill, kind: Any
) -> None:
    declare(tmp_path, crm=crm)
    fabric = lab(complaints)
    await crm.fail(kind, seconds=10, method="POST" if kind == "lost" else "")
    people, texts = ("one", "two", "three"), ("first", "second", "third")
    began = monotonic()
    for text in texts:
        for person in people:
            await fabric.say(f"{person} {text}", conversation=person)
    await fabric.drain(until=lambda: all(fabric.heard(person) for person in people))
    assert monotonic() - began < 8
    await work_for(fabric, began + OUTAGE - monotonic())

    assert [fabric.heard(person) for person in people] == [[WAITING_TEXT]] * 3
    count = await books(fabric)
    assert (count["accepted"], count["done"], count["dead"]) == (9, 0, 0)

    await crm.mend()
    await until_all_is_done(fabric, 90 if OUTAGE >= 60 else 10)
    filed = crm.books.tickets
    for person in people:
        told, *answers = fabric.heard(person)
        assert told == WAITING_TEXT
        tickets = [filed[re.sub(r"Filed as (T-\d+)\.", r"\1", answer)] for answer in answers]
        assert [ticket["text"] for ticket in tickets] == [f"{person} {text}" for text in texts]
    assert len(filed) == 9
    count = await books(fabric)
    assert (count["done"], count["repeated"]) == (9, 0)
    assert balanced(count)


async def test_another_backend_and_other_skills_go_on(
    lab: Callable[..., Lab], tmp_path: Path, crm: CrmServer, complaints: Skill
) -> None:
    echo = Skill("echo", "Echoes")

    @echo.on_message
    async def say(turn: Turn) -> None:
        turn.reply(turn.text)

    async with CrmServer() as shop:
        declare(tmp_path, crm=crm, shop=shop)
        fabric = lab(complaints, tiers(), echo)
        await crm.fail("down")
        await fabric.say("it broke", conversation="one")
        await fabric.drain(until=lambda: bool(fabric.heard("one")))
        await fabric.say("/tiers", conversation="two")
        await fabric.say("/echo", conversation="three")
        await fabric.drain(until=lambda: bool(fabric.heard("two") and fabric.heard("three")))
        assert (fabric.heard("two"), fabric.heard("three")) == (["gold"], ["/echo"])
        assert fabric.heard("one") == [WAITING_TEXT]


async def test_two_bots_share_the_limits_of_a_backend(
    lab: Callable[..., Lab], tmp_path: Path, crm: CrmServer, complaints: Skill
) -> None:
    declare(tmp_path, crm=crm, limits="tries = 1\nbreaker = {failures = 1, rest_seconds = 60}")
    fabric = lab(complaints)
    sales = fabric.bots["sales"] = replace(fabric.bots["lab"], id="sales")
    await crm.fail("error")
    await fabric.say("it broke", conversation="one")
    await fabric.drain(until=lambda: bool(fabric.heard("one")))
    assert len(crm.heard) == 1

    reference = ConversationReference("sales", "web", "two", user="ann", reply_to="s1")
    activity = Activity(type="message", id="s1", text="it broke too")
    await accept.accept(fabric, [Inbound(sales, reference, activity)])
    await fabric.drain(until=lambda: bool(fabric.heard("two")))
    assert fabric.heard("two") == [WAITING_TEXT]
    assert len(crm.heard) == 1


async def test_health_tells_of_the_backend_without_calling_it(
    lab: Callable[..., Lab], tmp_path: Path, crm: CrmServer, complaints: Skill
) -> None:
    async with CrmServer() as shop:
        declare(tmp_path, crm=crm, shop=shop, limits="tries = 1\nbreaker.failures = 1")
        fabric = lab(complaints, tiers())
        lines = (await health(fabric))["dependencies"]
        assert (lines["backend crm"], lines["backend shop"]) == ("ok", "ok")
        await crm.fail("error")
        await fabric.say("it broke")
        await fabric.drain(until=lambda: bool(fabric.heard()))

        report = await health(fabric)
        assert report["status"] == "degraded"
        lines = report["dependencies"]
        assert re.fullmatch(
            r"degraded: crm answers 500; rests for \d+ s; people are told, .*", lines["backend crm"]
        )
        assert lines["backend shop"] == "ok"
        assert (len(crm.heard), len(shop.heard)) == (1, 0)


async def test_without_the_declaration_the_message_waits_for_it(
    lab: Callable[..., Lab], complaints: Skill, caplog: pytest.LogCaptureFixture
) -> None:
    fabric = lab(complaints)
    await fabric.say("it broke")
    await fabric.drain(until=lambda: bool(fabric.heard()))
    assert fabric.heard() == [WAITING_TEXT]
    assert (await books(fabric))["parked"] == 1
    [parked] = [record for record in caplog.records if record.getMessage() == "turn.parked"]
    assert "[crm] in the backends file" in parked.fields["reason"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("errors", "told"),
    [
        ([Unavailable("crm", after=1)], 1),
        ([Unavailable("crm", after=1), TransientError(after=0.01)] * 2, 1),
        ([TransientError(after=0.01), Unavailable("crm", after=1)] * 2, 1),
        ([TransientError(after=0.01)] * 2, 0),
        ([TransientError(after=0.01)] * 5, 1),
        ([Unavailable("throttled", after=0.05)], 0),
    ],
)
async def test_the_notice_is_one_and_only_for_a_wait_that_people_notice(
    lab: Callable[..., Lab], errors: list[Exception], told: int
) -> None:
    skill, left = Skill("failing", "Fails"), list(errors)

    @skill.on_message
    async def fail(turn: Turn) -> None:
        if left:
            raise left.pop(0)
        turn.reply("at last")

    fabric = lab(skill)
    await fabric.say("hello")
    await fabric.drain()
    assert fabric.heard() == [WAITING_TEXT] * told + ["at last"]
