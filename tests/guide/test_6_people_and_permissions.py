"""Who speaks, who may read what, who looked, and how it ends: the story of one HR manager.

She asks for what only her group may read, and signs in. Her colleague does not get it. The
auditor sees both, and why. In the end she takes her data and is erased, and the record still
holds, until somebody changes one letter of it.
"""

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import azure.functions as func
import pytest

import functions.operators  # noqa: F401  registers the routes
from functions import operator
from functions.channels import sign_in as routes
from functions.operator import ROUTES
from functions.skills.knowledge import skill as knowledge
from shared.governance import audit
from shared.governance.audit import Operator
from shared.governance.audit.verify import broken
from shared.governance.roles import Role
from shared.operations.deeds import persons
from shared.ports.store import Put, every
from shared.skill import Skill
from shared.turn import Turn
from stand_ins.entra.people import HR, PEOPLE
from stand_ins.entra.server import EntraServer
from tests.browser import Browser, link_in
from tests.lab import Lab
from tests.operators import bearer
from tests.teams_people import people_on_teams

BANDS = f"""---
title: Salary bands
access: [{HR}]
---
Salary band seven begins at 61,000 euros.
"""

QUESTION = "where does salary band seven begin"


def desk() -> Skill:
    """Answers those who have signed in, from the articles that they may read."""
    skill = Skill("desk", "Answers staff")

    @skill.on_message
    async def answer(turn: Turn) -> None:
        await turn.sign_in()
        assert knowledge.message
        await knowledge.message(turn)

    return skill


@pytest.fixture
async def entra() -> AsyncIterator[EntraServer]:
    async with EntraServer() as server:
        yield server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    hr = tmp_path / "knowledge" / "hr"
    hr.mkdir(parents=True)
    (hr / "bands.md").write_text(BANDS)
    return tmp_path


@pytest.fixture
def fabric(
    lab: Callable[..., Lab], entra: EntraServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Lab:
    made = lab(desk(), manifest="")
    made.bots["lab"].knowledge.append("hr")
    given: dict[str, Any] = {
        name.removeprefix("FABRIC_").lower(): value for name, value in entra.settings.items()
    }
    made.settings = replace(made.settings, **given, public_url="http://localhost:7071")
    monkeypatch.setattr(routes, "fabric", lambda: made)
    monkeypatch.setattr(operator, "fabric", lambda: made)
    return made


async def asks(fabric: Lab, login: str, text: str) -> str:
    """Somebody asks in a chat of their own, signs in, and is answered."""
    await fabric.say(text, conversation=login)
    await fabric.drain()
    code = await Browser().sign_in(link_in(fabric.heard(login)[-1]), login)
    await fabric.say(code, conversation=login)
    await fabric.drain()
    return fabric.heard(login)[-1]


async def audit_as_seen(fabric: Lab, *places: str) -> list[dict[str, Any]]:
    """What an auditor of these departments is shown."""
    headers = bearer(fabric.settings, Role.AUDITOR, *places, name="alba")
    request = func.HttpRequest(
        method="GET",
        url="http://localhost/api/ops/audit",
        headers=headers,
        params={"action": "article.read"},
        body=b"",
    )
    answer = await ROUTES["ops_audit"].respond(request)
    entries: list[dict[str, Any]] = json.loads(answer.get_body())["entries"]
    return entries


async def test_the_story_of_one_hr_manager(fabric: Lab) -> None:
    assert "61,000" in await asks(fabric, "henry", QUESTION)
    assert "61,000" not in await asks(fabric, "erika", QUESTION)

    await ends_well(fabric)
    assert [text for text in fabric.heard("erika") if "61,000" in text] == []


async def test_the_same_story_on_teams_where_clients_sign_people_in(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with people_on_teams(folder, monkeypatch, desk()) as people:
        monkeypatch.setattr(operator, "fabric", lambda: people.fabric)
        people.fabric.bots["lab"].knowledge.append("hr")
        for login in ("henry", "erika"):
            await people.sign_in(login, QUESTION)
        assert "61,000" in people.heard("henry")[-1]
        assert [text for text in people.heard("erika") if "61,000" in text] == []

        await ends_well(people.fabric)
        assert people.entra.tokens.holders == {"29:erika"}


async def ends_well(fabric: Lab) -> None:
    """An auditor sees both; she takes her data and is erased; a change of the record shows."""
    henry = next(person for person in PEOPLE if person.login == "henry")
    seen = await audit_as_seen(fabric, "Research")
    assert [(e["outcome"], e["purpose"], e["target"]["article"]) for e in seen] == [
        ("done", "answer", "hr/bands"),
        ("denied", "answer", "hr/bands"),
    ]
    assert all(HR in entry["policy"] and entry["who"].startswith("p-") for entry in seen)
    assert await audit_as_seen(fabric, "Sales") == []

    boss = Operator("boss", "cli")
    export = await persons.export(fabric, boss, henry.subject.oid, "she asked")
    said = [r["content"]["text"] for r in export["records"] if r["kind"] == "said"]
    assert QUESTION in said
    receipt = await persons.erase(fabric, boss, henry.subject.oid, "she asked")
    assert receipt.left == []
    assert await persons.faults(fabric, henry.subject.oid, receipt) == []
    left = [str(item.body) async for item in every(fabric.store, "")]
    assert not [body for body in left if henry.subject.oid in body or "Henry Human" in body]

    assert await broken(fabric.store) == ""
    [entry, *_] = [item async for item in every(fabric.store, "audit:")]
    forged = {**entry.body, "outcome": "dome"}
    await fabric.store.write(entry.partition, Put(entry.id, forged, etag=entry.etag))
    assert await broken(fabric.store) == f"entry {audit.Entry.from_item(entry).id} was changed"
