"""The organisation's rules over manifests, each kept and broken."""

import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from shared.errors import ConfigurationError, Stopped
from shared.fabric import Fabric
from shared.governance.limits.switches import Switches
from shared.manifest.measured import Measured
from shared.manifest.policy import Finding, findings, load_policy
from shared.operations.reports.health import health
from shared.settings import Settings
from shared.skill import Skill

ROOT = Path(__file__).parents[3]
TODAY = date(2026, 11, 1)
BOT = """id = "pilot"
name = "Pilot"
owner = "ann@contoso.example"
department = "IT"
region = "westeurope"
skills = ["echo"]
default_skill = "echo"
knowledge = ["hr", "it"]
[channels.web]
origins = ["http://localhost:7071"]

[retention]
transcript_days = 400
"""


def check(folder: Path, demand: str, *, more: str = "", bot: str = BOT) -> list[Finding]:
    (folder / "bots").mkdir(exist_ok=True)
    (folder / "bots" / "pilot.toml").write_text(bot)
    rule = f'[[rule]]\nid = "r"\nsays = "So it is."\n{demand}\n{more}'
    (folder / "policy.toml").write_text(rule)
    return list(findings(load_policy(folder / "policy.toml"), folder / "bots", TODAY))


@pytest.mark.parametrize(
    ("broken", "kept", "line", "said"),
    [
        (
            'key = "quota.budget_usd_per_month"\nrequired = true',
            'key = "region"\nrequired = true',
            1,
            "missing; write it",
        ),
        ('key = "cost_center"\nrequired = true', 'key = "model"\nrequired = true', 1, "missing"),
        ('key = "urgent"\nrequired = true', 'key = "channels.web"\nrequired = true', 1, "missing"),
        (
            'key = "retention.transcript_days"\nat_most = 365',
            'key = "retention.transcript_days"\nat_most = 400',
            13,
            "400 is more than 365; write 365 or less",
        ),
        (
            'key = "limits.concurrency"\nat_least = 5',
            'key = "limits.concurrency"\nat_least = 4',
            1,
            "4 is less than 5; write 5 or more",
        ),
        (
            'key = "region"\none_of = ["northeurope"]',
            'key = "region"\none_of = ["westeurope"]',
            5,
            '"westeurope" is not allowed; write one of northeurope',
        ),
        (
            'key = "channels"\none_of = ["teams"]',
            'key = "channels"\none_of = ["teams", "web"]',
            9,
            '"web" is not allowed',
        ),
        (
            "key = \"owner\"\nmatches = '.+@fabrikam.example'",
            "key = \"owner\"\nmatches = '.+@contoso.example'",
            3,
            "write what matches",
        ),
        (
            'key = "channels.web"\nforbidden = true\nwhere = { knowledge = "hr" }',
            'key = "channels.web"\nforbidden = true\nwhere = { knowledge = "finance" }',
            9,
            "not allowed here; remove it",
        ),
    ],
)
def test_a_rule_finds_who_breaks_it_and_nobody_else(
    tmp_path: Path, broken: str, kept: str, line: int, said: str
) -> None:
    [found] = check(tmp_path, broken)

    assert (found.line, found.breach.bot, found.breach.severity) == (line, "pilot", "error")
    assert said in str(found)
    assert str(found).startswith(f"{tmp_path.as_posix()}/bots/pilot.toml:{line}:")
    assert str(found).endswith("(r: So it is.)")
    assert check(tmp_path, kept) == []


def test_an_exception_ends_by_itself(tmp_path: Path) -> None:
    rule = 'key = "cost_center"\nrequired = true'
    exception = '[[exception]]\nrule = "r"\nbot = "{}"\nreason = "new"\nuntil = {}'

    assert check(tmp_path, rule, more=exception.format("pilot", "2026-11-01")) == []
    assert check(tmp_path, rule, more=exception.format("pilot", "2026-10-31")) != []
    assert check(tmp_path, rule, more=exception.format("other", "2026-11-01")) != []


def test_a_rule_warns_before_it_is_enforced(tmp_path: Path) -> None:
    rule = 'key = "cost_center"\nrequired = true\nenforced_from = {}'

    assert check(tmp_path, rule.format("2026-11-02"))[0].breach.severity == "warning"
    assert check(tmp_path, rule.format("2026-11-01"))[0].breach.severity == "error"


@pytest.mark.parametrize(
    ("demand", "said"),
    [
        ('key = "region"', "rule 1: demands nothing"),
        ('key = "region"\nrequird = true', "did you mean"),
        ('key = "region"\nrequired = "yes"', "required: has the wrong type"),
        ("required = true", "key: missing"),
        ('key = "ownr"\nrequired = true', '"ownr" is no key of a manifest; did you mean "owner"?'),
        ('key = "quota.tokens"\nforbidden = true', '"quota.tokens" is no key of a manifest'),
        ('key = "owner"\nrequired = true\nwhere = { dep = "IT" }', '"dep" is no key'),
        ('key = "region"\nmatches = "("', "no regular expression"),
        ('key = "region"\nrequired = true\nseverity = "fatal"', "write severity"),
        (
            'key = "id"\nrequired = true\n[[exception]]\nrule = "r"\nbot = "b"\nreason = "z"',
            "until",
        ),
        ('key = "region"\nrequired = true\n[[exceptions]]', "exceptions: unknown"),
    ],
)
def test_what_is_wrong_in_the_policy_is_named(tmp_path: Path, demand: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=r"policy\.toml: ") as error:
        check(tmp_path, demand)

    assert said in str(error.value)


def policy_check(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "cli", "policy", "check", *words],
        cwd=ROOT,
        env={"PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_prints_a_line_for_each_breach_and_fails(tmp_path: Path) -> None:
    bots = tmp_path / "bots"
    shutil.copytree(ROOT / "bots", bots)
    assert policy_check("--bots", str(bots)).returncode == 0
    (bots / "bare.toml").write_text('id = "bare"\nname = "Bare"\nskills = ["echo"]\n')

    result = policy_check("--bots", str(bots))

    assert result.returncode == 1
    lines = result.stdout.splitlines()
    assert [line.split(":")[2] for line in lines] == [
        *("owner", "department", "region", "quota.budget_usd_per_month")
    ]
    assert all(line.startswith(f"{bots}/bare.toml:1:") for line in lines)
    assert policy_check("--bots", str(tmp_path / "none")).returncode == 2


async def test_in_the_cloud_a_bot_in_breach_does_not_answer_and_health_says_why(
    tmp_path: Path,
) -> None:
    check(tmp_path, 'key = "cost_center"\nrequired = true')
    fine = BOT.replace('"pilot"', '"fine"') + "\n"
    (tmp_path / "bots" / "fine.toml").write_text(f'cost_center = "CC-1"\n{fine}')
    environ = {
        "FABRIC_BOTS_DIR": str(tmp_path / "bots"),
        "FABRIC_POLICY_FILE": str(tmp_path / "policy.toml"),
        "FABRIC_KNOWLEDGE_DIR": str(ROOT / "knowledge"),
        "FABRIC_STORE_URL": f"sqlite:///{tmp_path}/store.db",
        "FABRIC_BUS_URL": f"sqlite:///{tmp_path}/bus.db",
        "FABRIC_EVENTS_URL": "bus://",
        "FABRIC_AI_URL": "offline://",
        "FABRIC_WHATSAPP_APP_SECRET": "secret",
    }
    cloud = Fabric(Settings.from_environ(environ), {"echo": Skill("echo", "Echoes")})
    local = Fabric(
        Settings.from_environ({**environ, "FABRIC_ENVIRONMENT": "local"}),
        {"echo": Skill("echo", "Echoes")},
    )
    try:
        assert isinstance(cloud.switches, Switches)
        with pytest.raises(Stopped):
            await cloud.switches.check("pilot")
        await cloud.switches.check("fine")
        await cloud.switches.start("bot", "pilot")
        with pytest.raises(Stopped):
            await cloud.switches.check("pilot")
        lines = (await health(cloud))["dependencies"]
        assert "cost_center: missing; write it" in lines["bot pilot"]
        assert "bot fine" not in lines
        assert cloud.paused == {"pilot"}
        await local.switches.check("pilot")
    finally:
        await cloud.close()
        await local.close()


def test_rules_begin_and_exceptions_end_while_an_app_runs(tmp_path: Path) -> None:
    exception = '[[exception]]\nrule = "r"\nbot = "pilot"\nreason = "r"\nuntil = 2026-11-03'
    check(
        tmp_path,
        'key = "cost_center"\nrequired = true',
        more=f"enforced_from = 2026-11-02\n{exception}",
    )
    day = [date(2026, 11, 1)]
    measured = Measured(tmp_path / "policy.toml", tmp_path / "bots", today=lambda: day[0])
    enforced = []
    for number in range(1, 6):
        day[0] = date(2026, 11, number)
        enforced.append([finding.breach.enforced for finding in measured.findings()])

    assert enforced == [[], [], [], [True], [True]]


def test_a_policy_that_became_unreadable_leaves_the_old_one_in_force(tmp_path: Path) -> None:
    check(tmp_path, 'key = "cost_center"\nrequired = true')
    day = [date(2026, 11, 1)]
    measured = Measured(tmp_path / "policy.toml", tmp_path / "bots", today=lambda: day[0])
    (tmp_path / "policy.toml").write_text("[[rule]\n")
    day[0] = date(2026, 11, 2)

    assert [finding.breach.rule.id for finding in measured.findings()] == ["r"]
