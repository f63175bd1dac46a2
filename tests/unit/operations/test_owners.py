"""An owner who has left: the bot is named, then paused by the day that the policy says."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from time import time

import pytest

from shared.governance import audit
from shared.governance.access import ALL
from shared.governance.audit import Operator
from shared.governance.policy import Rule
from shared.operations.deeds.switches import switch
from shared.operations.owners import Owned, plan, see_to_owners
from shared.operations.reports.alarms.alarm import Rule as AlarmRule
from shared.operations.reports.alarms.evaluate import evaluate
from shared.operations.reports.registry import registry
from shared.records.departed import Departed
from shared.settings import Settings
from shared.skill import Skill
from stand_ins.entra.people import PEOPLE, Sample
from stand_ins.entra.server import EntraServer
from tests.lab import Lab

DAY = 86_400.0
NOW = time()
EXCEPTION = '[[exception]]\nrule = "owner-there"\nbot = "lab"\nreason = "r"\nuntil = '
POLICY = """
[[rule]]
id = "owner-there"
says = "Somebody who is there answers for every bot."
key = "owner"
in_directory = true
grace_days = 14
"""


@pytest.fixture
async def entra() -> AsyncIterator[EntraServer]:
    async with EntraServer(people=(*PEOPLE, Sample("o'neil", "Mary O'Neil", "a lawyer"))) as server:
        yield server


@pytest.fixture
def make(lab: Callable[..., Lab], entra: EntraServer, tmp_path: Path) -> Callable[..., Lab]:
    def made(owner: str, more: str = "") -> Lab:
        (tmp_path / "policy.toml").write_text(POLICY + more)
        fabric = lab(Skill("echo", "Echoes"))
        fabric.bots["lab"].__dict__["owner"] = owner
        fabric.settings = Settings.from_environ({**fabric.settings.environ, **entra.settings})
        return fabric

    return made


async def orphans(fabric: Lab) -> list[str]:
    found = (await evaluate(fabric, NOW)).alarms
    return [
        alarm.detail
        for alarm in found
        if (alarm.rule, alarm.subject) == (AlarmRule.ORPHAN, "lab owner")
    ]


async def is_stopped(fabric: Lab) -> bool:
    return ("bot", "lab") in await fabric.switches.read()


def day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).date().isoformat()


async def test_who_has_left_is_named_and_the_bot_paused_by_date(
    make: Callable[..., Lab], entra: EntraServer
) -> None:
    fabric = make("henry@contoso.example")
    await see_to_owners(fabric, NOW)
    assert await orphans(fabric) == []

    entra.removed.add("henry")
    await see_to_owners(fabric, NOW)
    await see_to_owners(fabric, NOW + 13 * DAY)

    gone = "its owner henry@contoso.example is not in the directory any more"
    assert await orphans(fabric) == [f"{gone}, it is paused on {day(NOW + 14 * DAY)}"]
    assert not await is_stopped(fabric)

    await see_to_owners(fabric, NOW + 14 * DAY)
    await see_to_owners(fabric, NOW + 15 * DAY)

    assert await is_stopped(fabric)
    [listed] = (await registry(fabric, ALL)).bots
    assert (listed.state, listed.breaches) == ("paused by policy", [f"{gone}, it is paused"])
    [deed] = await audit.deeds(fabric.store)
    assert (deed.who, deed.action, dict(deed.target)) == ("policy.toml", "stop", {"bot": "lab"})


async def test_it_goes_on_once_somebody_who_is_there_answers_for_it(
    make: Callable[..., Lab], entra: EntraServer
) -> None:
    fabric = make("henry@contoso.example")
    entra.removed.add("henry")
    await see_to_owners(fabric, NOW)
    await see_to_owners(fabric, NOW + 15 * DAY)
    assert await is_stopped(fabric)

    fabric.bots["lab"].__dict__["owner"] = "erika@contoso.example"
    await see_to_owners(fabric, NOW + 16 * DAY)

    assert not await is_stopped(fabric)
    assert await orphans(fabric) == []


@pytest.mark.parametrize(
    "owner",
    [
        *("henry@contoso.example", "Henry@Contoso.example", "team@x.example"),
        "o'neil@contoso.example",
    ],
)
async def test_a_person_or_a_group_is_an_owner(
    make: Callable[..., Lab], entra: EntraServer, owner: str
) -> None:
    entra.group_addresses.add("team@x.example")
    fabric = make(owner)

    await see_to_owners(fabric, NOW)

    assert await orphans(fabric) == []


@pytest.mark.parametrize(
    "owner", ["nobody@contoso.example", "x' or mail eq 'henry@contoso.example"]
)
async def test_who_never_was_there_is_no_owner(make: Callable[..., Lab], owner: str) -> None:
    fabric = make(owner)

    await see_to_owners(fabric, NOW)

    assert len(await orphans(fabric)) == 1


async def test_who_may_not_sign_in_any_more_has_left(
    make: Callable[..., Lab], entra: EntraServer
) -> None:
    fabric = make("henry@contoso.example")
    entra.disabled.add("henry")

    await see_to_owners(fabric, NOW)

    assert len(await orphans(fabric)) == 1


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 503])
async def test_while_graph_does_not_tell_nothing_changes(
    make: Callable[..., Lab], entra: EntraServer, status: int
) -> None:
    fabric = make("henry@contoso.example")
    entra.graph_status = status

    await see_to_owners(fabric, NOW)
    await see_to_owners(fabric, NOW + 15 * DAY)

    assert await orphans(fabric) == []
    assert not await is_stopped(fabric)


async def test_without_a_directory_nobody_is_asked(lab: Callable[..., Lab], tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text(POLICY)
    fabric = lab(Skill("echo", "Echoes"))

    await see_to_owners(fabric, NOW)

    assert await orphans(fabric) == []


async def test_what_an_operator_has_stopped_is_left_to_them(
    make: Callable[..., Lab], entra: EntraServer
) -> None:
    fabric = make("henry@contoso.example")
    entra.removed.add("henry")
    await see_to_owners(fabric, NOW)
    await switch(fabric, Operator("ben", "cli"), "stop", "bot", "lab")
    await see_to_owners(fabric, NOW + 15 * DAY)
    entra.removed.clear()

    await see_to_owners(fabric, NOW + 16 * DAY)

    assert await is_stopped(fabric)


@pytest.mark.parametrize(
    ("more", "pauses"),
    [
        ('severity = "warning"', False),
        ("enforced_from = 2999-01-01", False),
        ("", True),
        (
            '[[exception]]\nrule = "owner-there"\nbot = "lab"\nreason = "r"\nuntil = 2999-01-01',
            False,
        ),
        (
            '[[exception]]\nrule = "owner-there"\nbot = "lab"\nreason = "r"\nuntil = 2020-01-01',
            True,
        ),
        ('where = { department = "Sales" }', False),
    ],
)
async def test_the_policy_says_whether_it_is_paused(
    make: Callable[..., Lab], entra: EntraServer, more: str, pauses: bool
) -> None:
    fabric = make("henry@contoso.example", more)
    entra.removed.add("henry")

    await see_to_owners(fabric, NOW)
    await see_to_owners(fabric, NOW + 15 * DAY)

    assert await is_stopped(fabric) == pauses


def test_another_owner_who_is_not_there_either_has_a_time_of_their_own() -> None:
    rule = Rule("r", "says", "owner", in_directory=True, grace_days=14)
    before = Departed("lab", "henry", NOW - 13 * DAY, NOW + DAY, etag="e")

    after = plan(before, Owned("lab", "erika", rule, excepted=False), there=False, now=NOW)

    assert after == Departed("lab", "erika", NOW, NOW + 14 * DAY, etag="e")
