"""Each rule on both sides of its border; what it finds is told once, and once when it is over."""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import time
from typing import Any

import pytest

from shared.bot import Bot
from shared.event import Event
from shared.governance.batch import tallied
from shared.governance.department import Department
from shared.observability.meter import BackendCall
from shared.operations import watch
from shared.operations.reports.alarms import upkeep, work
from shared.operations.reports.alarms.alarm import Alarm, Rule
from shared.operations.reports.alarms.evaluate import Evaluated, evaluate
from shared.operations.reports.alarms.upkeep import End
from shared.operations.reports.alarms.work import Hours
from shared.operations.reports.days import Used
from shared.records.acceptance import Acceptance
from shared.records.alert import Alert
from shared.records.ledger_entry import Done, LedgerEntry, Outcome
from shared.skill import Skill
from tests.lab import Lab

ROOT = Path(__file__).parents[3]
NOW = datetime(2026, 11, 18, 10, 30, tzinfo=UTC).timestamp()  # a Wednesday
HOUR, DAY, WEEK = 3600.0, 86_400.0, 7 * 86_400.0
BOT = Bot("it", "IT", "it-lead@contoso.example", "IT", ["echo"], "echo")
BOTS = {"it": BOT}


def entries(count: int, at: float, outcome: Outcome = Outcome.DONE) -> list[LedgerEntry]:
    done = Done(type="message") if outcome is Outcome.DONE else None
    return [
        LedgerEntry(
            id=f"ledger:{number}",
            bot="it",
            skill="echo",
            at=at,
            outcome=outcome,
            done=done,
            partition="it.web.0",
        )
        for number in range(count)
    ]


def hours(*groups: Iterable[LedgerEntry]) -> Hours:
    counted = tallied((entry for group in groups for entry in group), 2048)
    return Hours.of(Used(bot, day, "IT", "", tally) for (bot, day), tally in counted.items())


def rules(found: Iterable[Alarm]) -> list[tuple[Rule, str]]:
    return [(alarm.rule, alarm.subject) for alarm in found]


@pytest.mark.parametrize(
    ("count", "at", "raised"),
    [
        (1, NOW, True),
        (1, NOW - HOUR, True),
        (1, NOW - 2 * HOUR, False),
        (1, NOW - DAY, False),
        (0, NOW, False),
    ],
)
def test_a_death_is_told_for_the_hour_and_the_one_after(
    count: int, at: float, raised: bool
) -> None:
    found = work.dead_letters(BOTS, hours(entries(count, at, Outcome.DEAD)), NOW)
    assert rules(found) == ([(Rule.DEAD_LETTERS, "it")] if raised else [])


def test_a_death_just_before_midnight_is_told_after_it() -> None:
    midnight = datetime(2026, 11, 18, 0, 5, tzinfo=UTC).timestamp()
    found = work.dead_letters(BOTS, hours(entries(2, midnight - 600, Outcome.DEAD)), midnight)
    [alarm] = found
    assert (alarm.detail, alarm.owner) == ("2 since the hour before this one", BOT.owner)


@pytest.mark.parametrize(
    ("failed", "done", "raised"),
    [(20, 80, True), (19, 0, False), (20, 81, False), (50, 10, True), (0, 500, False)],
)
def test_errors_are_told_from_a_number_and_a_share_on(failed: int, done: int, raised: bool) -> None:
    found = work.errors(
        BOTS, hours(entries(failed, NOW, Outcome.FAILED), entries(done, NOW - HOUR)), NOW
    )
    assert rules(found) == ([(Rule.ERRORS, "it")] if raised else [])


@pytest.mark.parametrize(
    ("minutes", "parked", "raised"),
    [(15, False, True), (14.9, False, False), (600, True, False), (600, False, True)],
)
def test_a_message_that_waits_is_told_after_a_quarter_of_an_hour(
    minutes: float, parked: bool, raised: bool
) -> None:
    note = Acceptance(origin="e1", skill="echo", at=NOW - minutes * 60, parked=parked)
    found = work.messages_wait(BOTS, [("it.web.0", note)], NOW)
    assert rules(found) == ([(Rule.MESSAGES_WAIT, "it")] if raised else [])


@pytest.mark.parametrize(
    ("calls", "outcome", "at", "raised"),
    [
        (3, "unavailable", NOW, True),
        (2, "unavailable", NOW, False),
        (9, "declined", NOW, False),
        (9, "ok", NOW, False),
        (3, "unavailable", NOW - 2 * HOUR, False),
    ],
)
def test_a_system_that_does_not_answer_three_times_is_told(
    calls: int, outcome: str, at: float, raised: bool
) -> None:
    call = BackendCall("crm", "GET /orders", outcome, 1.0, 1)
    made = [replace(entry, backend_calls=[call]) for entry in entries(calls, at)]
    found = work.breakers(BOTS, hours(made), {}, NOW)
    assert rules(found) == ([(Rule.BREAKER, "crm")] if raised else [])


def test_a_breaker_that_is_open_here_is_told_with_its_reason() -> None:
    [alarm] = work.breakers(BOTS, hours(), {"crm": "not called for 12 s"}, NOW)
    assert (alarm.subject, alarm.detail) == ("crm", "not called for 12 s")


@pytest.mark.parametrize(
    ("groups", "raised"),
    [
        ([(9, NOW - WEEK)], True),
        ([(9, NOW - WEEK), (1, NOW - 3 * HOUR)], False),
        ([(9, NOW - WEEK), (1, NOW - 25 * HOUR)], True),
        ([(4, NOW - WEEK)], False),
        ([(9, NOW - WEEK), (9, NOW - 2 * WEEK), (1, NOW - 15.9 * DAY)], True),
        ([(9, NOW - WEEK), (1, NOW - 15.9 * DAY)], False),
        ([(9, NOW - 3 * DAY)], False),
        ([], False),
    ],
)
def test_a_bot_is_silent_only_where_it_used_to_speak_at_these_hours_of_the_week(
    groups: list[tuple[int, float]], raised: bool
) -> None:
    found = work.silent(BOTS, hours(*(entries(count, at) for count, at in groups)), NOW)
    assert rules(found) == ([(Rule.SILENT, "it")] if raised else [])


@pytest.mark.parametrize(
    ("departments", "used", "raised"),
    [
        ({"IT": Department("IT")}, ["it"], []),
        ({}, ["it"], []),
        ({"HR": Department("HR")}, ["it"], ["it"]),
        ({"IT": Department("IT")}, ["gone"], ["gone"]),
    ],
)
def test_a_bot_without_a_department_or_a_manifest_has_no_owner(
    departments: dict[str, Department], used: list[str], raised: list[str]
) -> None:
    found = upkeep.orphans(BOTS, departments, used)
    assert [alarm.subject for alarm in found] == raised


@pytest.mark.parametrize(
    ("days", "detail"),
    [(29.0, "it ends on 2026-12-17"), (31.0, ""), (-1.0, "it ended on 2026-11-17"), (30.1, "")],
)
def test_a_certificate_is_told_a_month_before_it_ends(days: float, detail: str) -> None:
    end = End("it certificate", NOW + days * DAY, "it", BOT.owner)
    assert [alarm.detail for alarm in upkeep.ending([end], NOW)] == ([detail] if detail else [])


def test_every_rule_has_its_section_that_says_what_to_do() -> None:
    headings = re.findall(r"^#+ (.*)$", (ROOT / "docs/operate.md").read_text(), re.MULTILINE)
    anchors = {re.sub(r"[^a-z0-9 -]", "", one.lower()).replace(" ", "-") for one in headings}
    assert {str(rule) for rule in Rule} <= anchors


# --- from the store, and told ---


class Heard:
    """A topic with a memory, that fails as often as it is told to."""

    def __init__(self) -> None:
        self.facts: list[Event] = []
        self.failures: list[Exception] = []

    async def publish(self, fact: Event) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.facts.append(fact)

    async def close(self) -> None:
        """Nothing is held open."""

    @property
    def told(self) -> list[tuple[str, str]]:
        return [(fact.type, fact.data["alert"]) for fact in self.facts]


@pytest.fixture
def fabric(lab: Callable[..., Lab]) -> Lab:
    skill = Skill("office", "Breaks")

    @skill.on_message
    async def answer(turn: Any) -> None:
        from shared.errors import PermanentError

        raise PermanentError("no_such_thing")

    made = lab(skill)
    made.__dict__["topic"] = Heard()
    made.departments = {"Research": Department("Research")}
    return made


async def test_a_dead_letter_is_told_once_and_its_end_once(fabric: Lab) -> None:
    await fabric.say("hello")
    await fabric.drain()
    heard: Heard = fabric.__dict__["topic"]
    now = time()

    for later in (0, 300, 600):
        await watch.watch(fabric, now + later)
    assert heard.told == [("alert.raised", "dead-letters")]
    [fact] = heard.facts
    assert (fact.subject, fact.bot, fact.data["page"]) == (
        *("alerts", "lab", "docs/operate.md#dead-letters"),
    )

    for minutes in (180, 185, 190, 195):
        await watch.watch(fabric, now + minutes * 60)
    assert heard.told == [("alert.raised", "dead-letters"), ("alert.ended", "dead-letters")]


async def test_what_could_not_be_told_is_told_later_under_the_same_id(fabric: Lab) -> None:
    await fabric.say("hello")
    await fabric.drain()
    heard: Heard = fabric.__dict__["topic"]
    heard.failures = [ConnectionError()]
    with pytest.raises(ConnectionError):
        await watch.watch(fabric, time())

    await watch.watch(fabric, time() + 300)
    await watch.watch(fabric, time() + 600)

    assert heard.told == [("alert.raised", "dead-letters")]


async def test_two_that_watch_at_once_tell_it_once(fabric: Lab) -> None:
    import asyncio

    await fabric.say("hello")
    await fabric.drain()

    await asyncio.gather(*(watch.watch(fabric, time()) for _ in range(4)))

    assert len({fact.id for fact in fabric.__dict__["topic"].facts}) == 1


async def test_a_bot_without_work_raises_nothing(fabric: Lab) -> None:
    assert (await evaluate(fabric, time())).alarms == []


ALARM = Alarm(Rule.ERRORS, "it", "30 of 40")
ALERT = Alert(rule="errors", subject="it", detail="20 of 40", since=NOW, told=True, etag="e")


@pytest.mark.parametrize(
    ("stored", "alarms", "unknown", "kept", "over"),
    [
        (None, [ALARM], [], ["begun"], 0),
        (ALERT, [ALARM], [], [], 0),
        (replace(ALERT, told=False), [ALARM], [], ["again"], 0),
        (replace(ALERT, calm_since=NOW - 1), [ALARM], [], ["again"], 0),
        (ALERT, [], [], ["calm"], 0),
        (replace(ALERT, calm_since=NOW - 599), [], [], [], 0),
        (replace(ALERT, calm_since=NOW - 600), [], [], [], 1),
        (replace(ALERT, calm_since=NOW - 600), [], [Rule.ERRORS], [], 0),
        (None, [], [], [], 0),
    ],
)
def test_what_becomes_of_an_alert(
    stored: Alert | None, alarms: list[Alarm], unknown: list[Rule], kept: list[str], over: int
) -> None:
    found = Evaluated(alarms, frozenset(unknown))
    plan = watch.plan({stored.id: stored} if stored else {}, found, NOW)

    became = ["calm" if one.calm_since else "again" if one.etag else "begun" for one in plan.kept]
    assert (became, len(plan.over)) == (kept, over)


def test_a_certificates_end_is_read_from_its_file(tmp_path: Path) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.x509.oid import NameOID

    from shared.identity.client_assertion import ends_at

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bot")])
    end = datetime(2027, 3, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(end - timedelta(days=90))
        .not_valid_after(end)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )

    assert ends_at(pem.decode(), "") == end.timestamp()
