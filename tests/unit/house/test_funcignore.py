"""What .funcignore lets through is the whole app, and nothing but the app."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pathspec import GitIgnoreSpec

from tests.golden import golden

ROOT = Path(__file__).parents[3]
PUBLISHED = {
    "access.toml",
    "apps.toml",
    "backends.toml",
    "departments.toml",
    "webhooks.toml",
    "prices.toml",
    "bots",
    "function_app.py",
    "functions",
    "host.json",
    "knowledge",
    "policy.toml",
    "requirements.txt",
    "shared",
}
NAMES = """
import json, sys
from function_app import app
names = [function.get_function_name() for function in app.get_functions()]
files = [module.__file__ for name, module in sys.modules.items()
    if name.split(".")[0] in ("functions", "shared", "cli", "tests", "function_app")]
print(json.dumps({"names": names, "files": files}))
"""


def rules(file: str) -> GitIgnoreSpec:
    return GitIgnoreSpec.from_lines((ROOT / file).read_text().splitlines())


def ignored(spec: GitIgnoreSpec, path: Path) -> bool:
    relative = path.relative_to(ROOT).as_posix()
    return spec.match_file(relative + "/" if path.is_dir() else relative)


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what is published of this checkout, less what Git ignores anyway."""
    folder = tmp_path_factory.mktemp("package") / "app"
    kept_out = rules(".funcignore") + rules(".gitignore")

    def skipped(directory: str, names: list[str]) -> list[str]:
        return [name for name in names if ignored(kept_out, Path(directory) / name)]

    shutil.copytree(ROOT, folder, ignore=skipped)
    return folder


def test_only_what_runs_in_the_cloud_is_published(package: Path) -> None:
    assert {path.name for path in package.iterdir()} == PUBLISHED


def test_no_wildcard_is_needed_for_that() -> None:
    """Core Tools has a parser of its own, which takes only plain names at the top at their word."""
    plain = {line for line in (ROOT / ".funcignore").read_text().splitlines() if "*" not in line}
    assert {path.name for path in ROOT.iterdir()} - plain == PUBLISHED
    assert not [name for name in PUBLISHED if name.startswith(tuple(plain - {""}))]


@pytest.mark.parametrize(
    "path",
    [".venv", ".fabric", ".git", ".github", ".cache", "local.settings.json", "cli/func.py"],
)
def test_what_a_laptop_has_beside_stays_there(path: str) -> None:
    assert rules(".funcignore").match_file(path)


def test_the_published_app_indexes_every_function(package: Path, tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-c", NAMES],
        cwd=package,
        env={"FABRIC_ENVIRONMENT": "local", "FABRIC_DATA_DIR": str(tmp_path), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    told = json.loads(result.stdout)
    assert set(told["names"]) == set(golden())
    assert all(Path(file).is_relative_to(package) for file in told["files"])
