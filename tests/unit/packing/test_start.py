"""A packed app starts without another look at what packing checked, and stops at a mistake."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from functions.start import CHECKED_FILE
from packing.checked import checked
from packing.folder import write
from packing.plan import Plan, declared_apps, plan
from shared.errors import ConfigurationError

ROOT = Path(__file__).parents[3]
BOT = """
id = "desk"
name = "Desk"
owner = "a@contoso.example"
department = "IT"
skills = ["echo"]
default_skill = "echo"
[channels.teams]
app_id = "$DESK_APP_ID"
app_type = "UserAssignedMSI"
tenants = ["$CONTOSO_TENANT", "$CONTOSO_TENANT"]
"""
GUID = "12345678-1234-4234-8234-123456789012"
SET = {"DESK_APP_ID": GUID, "CONTOSO_TENANT": GUID}
LOADED = "import function_app, json, sys; print(json.dumps(sorted(sys.modules)))"
HEALTH = """
import asyncio
import azure.functions as func
from functions.channels import teams
from functions.platform import health
def ask(builder, method, **path):
    made = func.HttpRequest(method, "http://x", headers={}, params={}, route_params=path, body=b"")
    return asyncio.run(builder._function.get_user_function()(made))
import function_app
from shared.observability import log
log.configure()
found = ask(health.health, "GET"), ask(teams.teams, "POST", bot="desk")
print([one.status_code for one in found], found[0].get_body().decode())
"""


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """One app of the checkout with one bot that names two variables."""
    for path in ROOT.iterdir():
        if path.name not in ("bots", ".venv"):
            (tmp_path / path.name).symlink_to(path)
    (tmp_path / "bots").mkdir()
    (tmp_path / "bots" / "desk.toml").write_text(BOT)
    main = declared_apps(tmp_path, tmp_path / "none.toml")["main"]
    write(plan(tmp_path, main), tmp_path / "packed" / "main")
    return tmp_path / "packed" / "main"


def started(app: Path, code: str = LOADED, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=app,
        env={"FABRIC_ENVIRONMENT": "local", "PATH": "", **environ},
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_reads_no_manifest_and_makes_no_fabric(app: Path) -> None:
    result = started(app, **SET)

    assert result.returncode == 0, result.stderr
    assert not {"shared.fabric", "pydantic_core", "tomllib"} & set(json.loads(result.stdout))


def test_a_variable_that_is_not_set_stops_the_start(app: Path) -> None:
    result = started(app, DESK_APP_ID=GUID)

    assert result.returncode
    assert "bots/desk.toml: channels.teams.tenants: $CONTOSO_TENANT is not set" in result.stderr


def test_a_setting_that_is_wrong_stops_the_start(app: Path) -> None:
    result = started(app, **SET, FABRIC_AI_URL="anthropic://x")

    assert result.returncode
    assert "FABRIC_AI_URL has the scheme 'anthropic'" in result.stderr


def test_a_version_of_a_bot_is_packed_and_checked(app: Path, tmp_path: Path) -> None:
    (tmp_path / "bots" / "desk").mkdir()
    (tmp_path / "bots" / "desk" / "v2.toml").write_text('instructions = "$WORDS"\n')
    main = declared_apps(tmp_path, tmp_path / "none.toml")["main"]
    write(plan(tmp_path, main), app)

    without, having = started(app, **SET), started(app, **SET, WORDS="Be kind.")

    assert "bots/desk/v2.toml: instructions: $WORDS is not set" in without.stderr
    assert having.returncode == 0
    assert "shared.fabric" not in json.loads(having.stdout)


@pytest.mark.parametrize("file", ["bots/desk.toml", "bots/new.toml", "departments.toml"])
def test_what_packing_has_not_seen_is_read_whole(app: Path, file: str) -> None:
    (app / file).write_text("colour = 1\n")

    result = started(app, **SET)

    assert result.returncode
    assert f"{file}: " in result.stderr


def test_manifests_that_lie_elsewhere_are_read_whole(app: Path, tmp_path: Path) -> None:
    (tmp_path / "others").mkdir()

    result = started(app, **SET, FABRIC_BOTS_DIR=str(tmp_path / "others"))

    assert result.returncode
    assert "no *.toml in it" in result.stderr


def test_what_a_variable_holds_is_judged_at_the_first_call(app: Path) -> None:
    result = started(app, HEALTH, **SET | {"DESK_APP_ID": "no-guid"})

    assert result.returncode == 0, result.stderr
    statuses, _, body = result.stdout.partition("] ")
    assert statuses == "[200, 503"
    assert json.loads(body)["status"] == "degraded"
    assert "channels.teams.app_id: is not a GUID" in result.stderr


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("access.toml", '[[grant]]\nwho = "nobody"\nrole = "admin"\ndepartments = ["*"]\n'),
        ("access.toml", '[[caller]]\nname = "portal"\nkey = "$KEY"\nbots = []\n'),
        ("backends.toml", '[crm]\nurl = "ftp://crm.contoso.example"\n'),
        ("departments.toml", '[[department]]\nname = "IT"\n'),
        ("policy.toml", '[[rule]]\nid = "x"\nseverity = "loud"\n'),
        ("webhooks.toml", '[[webhook]]\nname = "crm"\nurl = "$URL"\nsecret = "$KEY"\n'),
    ],
)
def test_a_wrong_table_is_not_packed(tmp_path: Path, file: str, text: str) -> None:
    (tmp_path / file).write_text(text)

    with pytest.raises(ConfigurationError, match=file):
        checked({file: tmp_path / file})


def test_variables_need_not_be_set_where_one_packs(tmp_path: Path) -> None:
    (tmp_path / "backends.toml").write_text('[crm]\nurl = "$CRM_URL"\nkey = "$CRM_KEY"\n')

    noted: dict[str, Any] = json.loads(checked({"backends.toml": tmp_path / "backends.toml"}))

    assert noted["backends.toml"]["variables"] == [["crm.url", "CRM_URL"], ["crm.key", "CRM_KEY"]]


def test_the_note_is_in_every_app(tmp_path: Path) -> None:
    (tmp_path / "apps.toml").write_text('[[app]]\nname = "news"\nskills = ["notify"]\n')
    made: list[Plan] = [
        plan(ROOT, app) for app in declared_apps(ROOT, tmp_path / "apps.toml").values()
    ]

    assert len(made) == 2
    assert all(CHECKED_FILE in one.written for one in made)


def test_an_app_of_one_skill_meets_nothing_that_works(tmp_path: Path) -> None:
    """What a turn, an operator or a report needs is imported when one comes."""
    (tmp_path / "apps.toml").write_text('[[app]]\nname = "single"\nskills = ["echo"]\n')
    single = declared_apps(ROOT, tmp_path / "apps.toml")["single"]
    write(plan(ROOT, single), tmp_path / "single")

    loaded = set(json.loads(started(tmp_path / "single").stdout))

    assert "functions.skills.echo" in loaded
    rooms = ("pipeline", "operations", "governance", "manifest", "ai", "dialogue", "fabric", "bot")
    assert not {f"shared.{room}" for room in rooms} & loaded
