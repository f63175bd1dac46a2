"""Every TOML file has a schema that says what the start says, and that an editor reads."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.schemas import FOLDER, texts
from shared.manifest.json_schema import FILES
from shared.manifest.toml_file import parse

ROOT = Path(__file__).parents[3]
TAPLO = Path(sys.executable).with_name("taplo")
PLACES = {"bot": "bots/*.toml", "sources": "knowledge/*/sources.toml"}
"""Where files of a kind stand, if not at the top under the name of the schema."""


def files(kind: str) -> list[Path]:
    return sorted(ROOT.glob(PLACES.get(kind, f"{kind}.toml")))


def lint(path: Path) -> str:
    """What Taplo says against a file, "" for nothing."""
    result = subprocess.run(
        [TAPLO, "lint", "--no-auto-config", path],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return "" if result.returncode == 0 else result.stdout + result.stderr


def test_what_is_published_is_what_the_code_says() -> None:
    """After a wanted change: make schemas."""
    assert {path.name: path.read_text() for path in FOLDER.iterdir()} == texts()


@pytest.mark.parametrize("kind", FILES)
def test_a_schema_is_one(kind: str) -> None:
    from jsonschema import Draft7Validator

    Draft7Validator.check_schema(json.loads((FOLDER / f"{kind}.schema.json").read_text()))


@pytest.mark.parametrize("kind", FILES)
def test_every_file_names_its_schema_and_keeps_to_it(kind: str) -> None:
    assert files(kind)
    for path in files(kind):
        [name] = re.findall(r"\A#:schema (\S+)\n", path.read_text())
        assert (path.parent / name).resolve() == FOLDER / f"{kind}.schema.json"
        assert lint(path) == ""


def test_every_toml_file_of_the_platform_has_a_schema() -> None:
    ours = {path for path in ROOT.glob("*.toml") if path.name != "pyproject.toml"}
    assert ours <= {path for kind in FILES for path in files(kind)}


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("bot", lambda text: text.replace("default_skill =", "default_skil =")),
        ("bot", lambda text: text.replace("transcript_days = 90", "transcript_days = 0")),
        ("bot", lambda text: text.replace("[quota]", "[quota]\ntokens_per_day = true")),
        ("prices", lambda text: text.replace('unit = "1M tokens"', "unit = 1")),
        ("access", lambda text: text.replace('role = "admin"', 'role = "king"')),
        ("policy", lambda text: text.replace("required = true", 'required = "yes"')),
        ("apps", lambda text: text + '[[app]]\nname = "x"\nmax_instances = 5000\n'),
        ("webhooks", lambda text: text + '[[webhook]]\nname = "x"\n'),
        ("sources", lambda text: text + '[[source]]\nfolder = "x"\nacces = []\n'),
        ("backends", lambda text: text + '[crm]\nurl = "$CRM_URL"\ntries = 99\n'),
    ],
)
def test_an_editor_marks_a_mistake(kind: str, change: Callable[[str], str], tmp_path: Path) -> None:
    original = files(kind)[0].read_text()
    changed = change(original).replace("#:schema ", f"#:schema {files(kind)[0].parent}/", 1)
    assert change(original) != original
    path = tmp_path / "changed.toml"
    path.write_text(changed)

    assert parse(path)
    assert lint(path)


def test_a_number_may_come_from_the_environment(tmp_path: Path) -> None:
    from jsonschema import Draft7Validator

    schema = json.loads((FOLDER / "bot.schema.json").read_text())
    manifest = parse(files("bot")[0])
    manifest["quota"] = {"tokens_per_day": "$HELPDESK_TOKENS"}
    Draft7Validator(schema).validate(manifest)
