"""The pipelines' files are valid and safe, and run the same scripts."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[3]
PIPELINE = ROOT / "infra" / "pipeline"
GITHUB = ROOT / ".github" / "workflows"
AZURE = PIPELINE / "azure-pipelines.yml"
BIN = Path(sys.executable).parent


def loaded(path: Path) -> Any:
    return YAML(typ="safe").load(path)


def run(*command: object) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [str(word) for word in command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.parametrize("name", ["release.yml", "deploy.yml"])
def test_a_workflow_is_valid_and_safe(name: str) -> None:
    schema = "vendor.github-workflows"
    valid = run(BIN / "check-jsonschema", "--builtin-schema", schema, GITHUB / name)
    safe = run(BIN / "zizmor", "--offline", "--no-config", "--quiet", GITHUB / name)

    assert valid.returncode == 0, valid.stdout
    assert safe.returncode == 0, safe.stdout


def test_the_other_pipeline_is_valid() -> None:
    schema = ("--regex-variant", "nonunicode", "--builtin-schema", "vendor.azure-pipelines")
    valid = run(BIN / "check-jsonschema", *schema, AZURE)

    assert valid.returncode == 0, valid.stdout


def test_both_have_the_same_stages_by_the_same_scripts() -> None:
    github = (GITHUB / "release.yml").read_text() + (GITHUB / "deploy.yml").read_text()
    script = r"infra/pipeline/(\w+\.sh)"

    assert list(loaded(GITHUB / "release.yml")["jobs"]) == [
        stage["stage"] for stage in loaded(AZURE)["stages"]
    ]
    assert set(re.findall(script, github)) == set(re.findall(script, AZURE.read_text()))
    for step in ("bash .ci/run", "infra/pipeline/eval.sh", "pip-audit@"):
        assert step in github
        assert step in AZURE.read_text()


@pytest.mark.parametrize("path", sorted(PIPELINE.glob("*.sh")), ids=lambda path: path.name)
def test_a_script_stops_at_the_first_failure_and_can_be_run(path: Path) -> None:
    assert path.stat().st_mode & 0o111
    assert "\nset -euo pipefail\n" in path.read_text()
    assert run("bash", "-n", path).returncode == 0


def test_every_environment_that_is_deployed_to_has_parameters() -> None:
    jobs = loaded(GITHUB / "release.yml")["jobs"].values()
    environments = {job["with"]["environment"] for job in jobs if "with" in job}

    assert environments <= {path.stem for path in (ROOT / "infra" / "parameters").glob("*.json")}


def test_packs_that_differ_are_refused(tmp_path: Path) -> None:
    for name, digest in (("one", "sha256:1"), ("same", "sha256:1"), ("other", "sha256:2")):
        (tmp_path / name).write_text(json.dumps([{"app": "main", "digest": digest}]))
    same = PIPELINE / "same.py"

    assert run(sys.executable, same, tmp_path / "one", tmp_path / "same").returncode == 0
    assert run(sys.executable, same, tmp_path / "one", tmp_path / "other").returncode == 1


def test_the_app_that_azd_deploys_is_the_packed_one() -> None:
    declared = loaded(ROOT / "azure.yaml")

    assert declared["infra"] == {"provider": "bicep", "path": "infra", "module": "main"}
    assert declared["services"]["main"]["project"] == "./packed/main"
    assert declared["services"].keys() == {
        app["name"] for app in json.loads((ROOT / "infra" / "needs.json").read_bytes())["apps"]
    }
