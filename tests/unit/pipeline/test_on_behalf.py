"""A backend is called in the name of who speaks; their token is written down nowhere."""

import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jwt
import pytest

from shared.dialogue.phrases import phrase
from shared.observability import trace
from shared.observability.log import JsonFormatter
from shared.observability.span_files import SpanFiles
from shared.operations.reports.books import books
from shared.ports.store import every
from shared.records.signed_in import DOCUMENT
from shared.skill import Skill
from shared.turn import Turn
from stand_ins.entra.people import HR, Sample
from tests.browser import Browser, link_in
from tests.contract.channels.stub import Answer, StubService
from tests.lab import Lab
from tests.teams_people import TeamsPeople, people_on_teams

SCOPE = "api://crm/.default"
AUDIENCE = "api://crm"


def payroll() -> Skill:
    skill = Skill("payroll", "Tells people what they earn")

    @skill.on_message
    async def tell(turn: Turn) -> None:
        crm = await turn.on_behalf_of("crm")
        slip = await crm.get("/me/payslip")
        turn.reply(f"you earn {slip['salary']}")

    return skill


@pytest.fixture
async def crm() -> AsyncIterator[StubService]:
    async with StubService(Answer(200, {"salary": 61000})) as service:
        yield service


@pytest.fixture
async def teams(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, crm: StubService
) -> AsyncIterator[TeamsPeople]:
    (tmp_path / "backends.toml").write_text(
        f'[crm]\nurl = "{crm.url}"\nauth = "user"\nscope = "{SCOPE}"\n'
    )
    async with people_on_teams(tmp_path, monkeypatch, payroll()) as people:
        yield people


def claims(call: Any) -> dict[str, Any]:
    token = call.headers["Authorization"].removeprefix("Bearer ")
    read: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return read


async def test_the_backend_gets_a_token_of_who_asks_and_for_itself_alone(
    teams: TeamsPeople, crm: StubService
) -> None:
    await teams.sign_in("henry", "what do I earn")

    [call] = crm.heard("/me/payslip")
    henry = teams.entra.named("henry")
    assert henry
    assert (claims(call)["aud"], claims(call)["oid"]) == (AUDIENCE, henry.subject.oid)
    assert HR in claims(call)["groups"]
    assert teams.heard("henry")[-1] == "you earn 61000"


async def test_everybody_is_called_for_in_their_own_name(
    teams: TeamsPeople, crm: StubService
) -> None:
    await teams.sign_in("henry", "what do I earn")
    await teams.sign_in("erika", "what do I earn")
    await teams.say("henry", "and now")

    names = [claims(call)["name"] for call in crm.heard("/me/payslip")]
    assert names == ["Henry Human", "Erika Employee", "Henry Human"]


async def test_no_token_is_in_a_queue_a_store_a_log_or_a_trace(
    teams: TeamsPeople,
    crm: StubService,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.DEBUG)
    spans, issued = SpanFiles(tmp_path / "traces"), note_tokens(teams, monkeypatch)
    trace.export_to(spans)
    try:
        await teams.sign_in("henry", "what do I earn")
        teams.fabric.people.on_behalf._tokens.clear()
        await teams.say("henry", "once more")
    finally:
        trace.export_to(None)
        spans.close()

    signatures = {token.rpartition(".")[2] for token in issued}
    assert {call.headers["Authorization"].rpartition(".")[2] for call in crm.calls} <= signatures
    assert len(crm.calls) == 2
    files = written(tmp_path)
    lines = [JsonFormatter().format(record) for record in caplog.records]
    assert any(b"backend crm" in file for file in files)
    assert any(b"what do I earn" in file for file in files)
    assert not [s for s in signatures for file in files if s.encode() in file]
    assert not [s for s in signatures for line in lines if s in line]


def written(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in folder.rglob("*") if path.is_file()]


def note_tokens(teams: TeamsPeople, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Return what will hold every token that the directory issues about somebody."""
    issued, access = set[str](), teams.entra.access

    def noted(person: Sample, audience: str) -> str:
        issued.add(token := access(person, audience))
        return token

    monkeypatch.setattr(teams.entra, "access", noted)
    return issued


@pytest.mark.parametrize("code", ["530035", "53000", "53003"])
async def test_a_refusal_for_the_device_is_explained_to_the_person(
    teams: TeamsPeople, crm: StubService, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    teams.entra.refuses_on_behalf = f"AADSTS{code}"

    await teams.sign_in("henry", "what do I earn")

    assert teams.heard("henry")[-1] == phrase("en", "signin.device")
    assert crm.calls == []
    assert any(f"AADSTS{code}" in JsonFormatter().format(r) for r in caplog.records)


async def test_a_refusal_for_good_is_said_and_asks_for_nothing(teams: TeamsPeople) -> None:
    teams.entra.refuses_on_behalf = "AADSTS65001"

    await teams.sign_in("henry", "what do I earn")

    assert teams.heard("henry")[-1] == phrase("en", "signin.refused")
    assert len(teams.cards("henry")) == 1


async def test_what_asks_to_sign_in_once_more_does_so_once(teams: TeamsPeople) -> None:
    await teams.sign_in("henry", "what do I earn")
    teams.entra.refuses_on_behalf = "AADSTS50076"
    teams.fabric.people.on_behalf._tokens.clear()

    await teams.sign_in("henry", "and now")

    assert len(teams.cards("henry")) == 2
    assert teams.heard("henry")[-1] == phrase("en", "signin.refused")


async def test_somebody_deleted_is_forgotten_at_the_next_call(
    teams: TeamsPeople, monkeypatch: pytest.MonkeyPatch
) -> None:
    await teams.sign_in("henry", "what do I earn")
    henry = teams.entra.named("henry")
    assert henry
    kept = teams.entra.tokens.client_token("henry")
    monkeypatch.setattr(teams.entra.tokens, "_token", lambda holder: {"token": kept})
    teams.entra.removed.add("henry")

    await teams.say("henry", "and now")

    assert teams.heard("henry")[-1] == phrase("en", "signin.refused")
    assert not [i async for i in every(teams.fabric.store, DOCUMENT) if i.id == DOCUMENT]


async def test_while_entra_is_away_the_message_waits(teams: TeamsPeople, crm: StubService) -> None:
    await teams.sign_in("henry", "what do I earn")
    teams.entra.tokens.away = True
    await teams.post("henry", {"type": "message", "text": "and now"})
    waits = phrase("en", "platform.waiting")
    await teams.fabric.drain(until=lambda: teams.heard("henry")[-1] == waits)

    teams.entra.tokens.away = False
    await teams.fabric.drain()

    assert teams.heard("henry")[-1] == "you earn 61000"


# --- who signs in by a link ---------------------------------------------------------------------


async def asks_on_the_web(fabric: Lab, text: str) -> str:
    """Somebody asks on the web; return what is said last."""
    await fabric.say(text)
    await fabric.drain()
    return fabric.heard()[-1]


async def signs_in_on_the_web(fabric: Lab) -> str:
    link = link_in(await asks_on_the_web(fabric, "what do I earn"))
    return await asks_on_the_web(fabric, await Browser().sign_in(link, "henry"))


def without_token_service(fabric: Lab) -> None:
    bot = fabric.bots["lab"]
    fabric.bots["lab"] = replace(bot, channels=replace(bot.channels, teams=None))


async def test_on_the_web_the_token_service_keeps_the_token_as_well(
    teams: TeamsPeople, crm: StubService
) -> None:
    assert await signs_in_on_the_web(teams.fabric) == "you earn 61000"

    for name in ("user_tokens", "on_behalf"):
        teams.fabric.people.__dict__.pop(name, None)
    assert await asks_on_the_web(teams.fabric, "and now") == "you earn 61000"
    assert claims(crm.calls[-1])["name"] == "Henry Human"

    await asks_on_the_web(teams.fabric, "/sign-out")
    assert teams.entra.tokens.holders == set()


async def test_without_it_the_token_is_in_memory_and_asked_for_after_a_restart(
    teams: TeamsPeople,
) -> None:
    without_token_service(teams.fabric)
    assert await signs_in_on_the_web(teams.fabric) == "you earn 61000"
    assert await asks_on_the_web(teams.fabric, "and now") == "you earn 61000"

    del teams.fabric.people.__dict__["user_tokens"]
    assert await signs_in_on_the_web(teams.fabric) == "you earn 61000"


async def test_in_the_cloud_memory_is_no_place_and_the_person_is_told(teams: TeamsPeople) -> None:
    without_token_service(teams.fabric)
    link = link_in(await asks_on_the_web(teams.fabric, "what do I earn"))
    code = await Browser().sign_in(link, "henry")
    teams.fabric.settings = replace(teams.fabric.settings, local=False)
    del teams.fabric.people.__dict__["user_tokens"]

    assert await asks_on_the_web(teams.fabric, code) == phrase("en", "signin.nowhere")


async def test_a_backend_for_persons_is_called_for_nobody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, crm: StubService
) -> None:
    skill = Skill("careless", "Forgets in whose name")

    @skill.on_message
    async def tell(turn: Turn) -> None:
        await turn.backend("crm").get("/me/payslip")

    (tmp_path / "backends.toml").write_text(
        f'[crm]\nurl = "{crm.url}"\nauth = "user"\nscope = "{SCOPE}"\n'
    )
    async with people_on_teams(tmp_path, monkeypatch, skill) as people:
        await people.say("henry", "what do I earn")

        assert crm.calls == []
        assert (await books(people.fabric))["dead"] == 1
