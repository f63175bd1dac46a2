"""The skill of docs/operate.md posts each alert once where somebody asked for it, and its end."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import time
from typing import Any

import pytest

from functions import triggers
from shared.bot import Bot
from shared.errors import PermanentError
from shared.governance.department import Department
from shared.manifest.bots import bot_of
from shared.operations import watch
from shared.pipeline.door import accept
from shared.skill import Skill
from tests.lab import Lab

DOCS = Path(__file__).parents[3] / "docs" / "operate.md"


@pytest.fixture
def alarm(monkeypatch: pytest.MonkeyPatch) -> Skill:
    monkeypatch.setattr(triggers, "skill_blueprint", lambda skill: None)
    [code] = re.findall(r"```python\n(.*?)```", DOCS.read_text(), re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(code, str(DOCS), "exec"), names)
    skill: Skill = names["skill"]
    return skill


def breaks() -> Skill:
    skill = Skill("office", "Breaks")

    @skill.on_message
    async def answer(turn: Any) -> None:
        raise PermanentError("no_such_thing")

    return skill


def other_bot(skill: str) -> Bot:
    return bot_of(
        {
            **{"id": "sales", "name": "Sales", "owner": "sales@contoso.example"},
            **{"department": "Sales", "skills": [skill], "default_skill": skill},
            "channels": {"web": {}},
        }
    )


@pytest.fixture
async def fabric(lab: Callable[..., Lab], alarm: Skill) -> Lab:
    made = lab(alarm, breaks())
    made.bots["sales"] = other_bot("office")
    made.departments = {"Research": Department("Research"), "Sales": Department("Sales")}
    return made


async def dies_at_sales(fabric: Lab) -> None:
    inbound = fabric.inbound("hello", conversation="customer")
    bot = fabric.bots["sales"]
    await accept.accept(
        fabric, [replace(inbound, bot=bot, reference=replace(inbound.reference, bot=bot.id))]
    )
    await fabric.drain()


async def test_a_death_at_another_bot_is_posted_once_and_its_end_once(fabric: Lab) -> None:
    await fabric.say("/alerts", conversation="operators")
    await fabric.say("/alerts", conversation="other")
    await fabric.drain()
    await dies_at_sales(fabric)
    now = time()

    for minutes in (0, 5, 10):
        await watch.watch(fabric, now + minutes * 60)
        await fabric.drain()
    for conversation in ("operators", "other"):
        _, alert = fabric.heard(conversation)
        assert alert.startswith("**dead-letters** sales: 1 since")
        assert alert.endswith("See docs/operate.md#dead-letters")

    for minutes in (180, 185, 190, 195):
        await watch.watch(fabric, now + minutes * 60)
        await fabric.drain()
    assert fabric.heard("operators")[2:] == ["Over: **dead-letters** sales"]


async def test_who_did_not_ask_hears_nothing(fabric: Lab) -> None:
    await dies_at_sales(fabric)
    await watch.watch(fabric, time())
    await fabric.drain()

    assert {where for where, _ in fabric.memory.sent} == {"customer"}
    assert len(fabric.memory.sent) == 1
