"""Each app is a folder with what it runs; it starts alone, and two packs are the same bytes."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from packing.folder import Packed, write
from packing.plan import declared_apps, plan
from shared.errors import ConfigurationError
from tests.golden import golden

ROOT = Path(__file__).parents[3]
APPS = """
[[app]]
name = "answers"
skills = ["knowledge"]
memory_mb = 4096
concurrency = 3

[[app]]
name = "desk"
skills = ["tickets", "notify"]
"""
STARTED = """
import json, sys
from function_app import app
from functions.host import SKILLS
names = [function.get_function_name() for function in app.get_functions()]
ours = ("functions", "shared", "cli", "tests", "packing", "function_app")
files = [module.__file__ for name, module in sys.modules.items() if name.split(".")[0] in ours]
skills = {name: sorted(skill.events) for name, skill in SKILLS.items()}
print(json.dumps({"names": names, "files": files, "skills": skills}))
"""


@pytest.fixture(scope="module")
def apps(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Three apps, packed, by name."""
    folder = tmp_path_factory.mktemp("packed")
    return {name: folder / name for name in packed(folder)}


def packed(folder: Path) -> dict[str, Packed]:
    declared = folder / "apps.toml"
    declared.write_text(APPS)
    found = declared_apps(ROOT, declared).items()
    return {name: write(plan(ROOT, app), folder / name) for name, app in found}


def started(folder: Path, data: Path) -> dict[str, Any]:
    """Index the packed app in a process that finds nothing of the checkout."""
    result = subprocess.run(
        [sys.executable, "-c", STARTED],
        cwd=folder,
        env={"FABRIC_ENVIRONMENT": "local", "FABRIC_DATA_DIR": str(data), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    told: dict[str, Any] = json.loads(result.stdout)
    return told


def skill_files(folder: Path) -> set[str]:
    return {path.name for path in (folder / "functions" / "skills").glob("*.py")}


def test_every_function_is_in_one_app(apps: dict[str, Path], tmp_path: Path) -> None:
    names = {name: set(started(folder, tmp_path)["names"]) for name, folder in apps.items()}

    assert names["answers"] == {"health", "skill_knowledge", "skill_knowledge_http"}
    assert {name for name in names["desk"] if name.endswith("_http")} == {
        "skill_notify_http",
        "skill_tickets_http",
    }
    assert set.union(*names.values()) == set(golden())
    assert sum(map(len, names.values())) == len(golden()) + 2


def test_an_app_has_only_its_own_code(apps: dict[str, Path], tmp_path: Path) -> None:
    answers = started(apps["answers"], tmp_path)

    assert all(Path(file).is_relative_to(apps["answers"]) for file in answers["files"])
    assert skill_files(apps["answers"]) == {"__init__.py", "knowledge.py"}
    assert not (apps["answers"] / "functions" / "channels").exists()
    assert not (apps["answers"] / "webhooks.toml").exists()


def test_every_app_knows_every_skill(apps: dict[str, Path], tmp_path: Path) -> None:
    known = [started(folder, tmp_path)["skills"] for folder in apps.values()]

    assert known[0] == known[1] == known[2]
    assert known[0]["notify"]


def test_what_answers_in_the_same_response_is_beside_the_channels_too(
    apps: dict[str, Path],
) -> None:
    """Invokes of Teams, and tools of MCP."""
    main = skill_files(apps["main"])

    assert {"tickets.py", "knowledge.py"} <= main
    assert "notify.py" not in main


def test_an_app_has_the_size_of_its_own(apps: dict[str, Path]) -> None:
    host = json.loads((apps["answers"] / "host.json").read_bytes())

    assert host["extensions"]["serviceBus"]["maxConcurrentSessions"] == 3


def test_only_bots_with_a_skill_of_the_app_are_in_it(tmp_path: Path) -> None:
    declared = tmp_path / "apps.toml"
    declared.write_text('[[app]]\nname = "news"\nskills = ["notify"]\n')
    app = declared_apps(ROOT, declared)["news"]

    copied = plan(ROOT, app).copied

    bots = {place for place in copied if place.startswith("bots/")}
    with_it = {
        f"bots/{path.name}"
        for path in (ROOT / "bots").glob("*.toml")
        if '"notify"' in path.read_text()
    }
    assert bots == with_it != {f"bots/{path.name}" for path in (ROOT / "bots").glob("*.toml")}


def test_who_may_read_a_collection_is_packed_with_it(tmp_path: Path) -> None:
    for path in ROOT.iterdir():
        if path.name not in ("knowledge", ".venv"):
            (tmp_path / path.name).symlink_to(path)
    shutil.copytree(ROOT / "knowledge", tmp_path / "knowledge")
    (tmp_path / "knowledge" / "hr" / "access.toml").write_text('access = ["signed-in"]')
    app = declared_apps(tmp_path, tmp_path / "none.toml")["main"]

    assert "knowledge/hr/access.toml" in plan(tmp_path, app).copied


def test_two_packs_are_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "other").mkdir()

    one, other = packed(tmp_path / "one"), packed(tmp_path / "other")

    assert {name: app.digest for name, app in one.items()} == {
        name: app.digest for name, app in other.items()
    }
    assert len({app.digest for app in one.values()}) == 3


def test_another_byte_is_another_digest(tmp_path: Path) -> None:
    app = declared_apps(ROOT, tmp_path / "apps.toml")["main"]
    made = plan(ROOT, app)

    before = write(made, tmp_path / "main")
    after = write(
        type(made)(app, made.copied, {**made.written, "host.json": b"{}"}), tmp_path / "main"
    )

    assert before.digest != after.digest


def test_compiled_code_is_used_without_a_look_at_its_source(apps: dict[str, Path]) -> None:
    compiled = [*apps["answers"].rglob("*.pyc")]
    sources = [*apps["answers"].rglob("*.py")]

    assert len(compiled) == len(sources)
    assert {path.read_bytes()[4:8] for path in compiled} == {b"\x01\x00\x00\x00"}


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "main").mkdir()
    (tmp_path / "main" / "letter.txt").write_text("mine")
    app = declared_apps(ROOT, tmp_path / "apps.toml")["main"]

    with pytest.raises(ConfigurationError, match="holds other things"):
        write(plan(ROOT, app), tmp_path / "main")

    assert (tmp_path / "main" / "letter.txt").read_text() == "mine"


def test_requirements_of_its_own_must_be_locked(tmp_path: Path) -> None:
    declared = tmp_path / "apps.toml"
    declared.write_text(APPS.replace("concurrency", 'requirements = ["pypdf>=6"]\nconcurrency'))
    app = declared_apps(ROOT, declared)["answers"]

    with pytest.raises(ConfigurationError, match=r'requirements-answers.txt does not lock "pypdf'):
        plan(ROOT, app)
