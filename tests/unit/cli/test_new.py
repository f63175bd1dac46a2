"""`botfabric new` writes a bot or a skill that works, and touches no other file."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.new import FILES, write
from shared.errors import ConfigurationError

ROOT = Path(__file__).parents[3]
FOLDERS = ("bots", "cli", "conformance", "functions", "knowledge", "shared", "stand_ins", "tests")
LEFT_OUT = shutil.ignore_patterns("test_*.py", "node_modules", "payloads", "golden")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What of this checkout a new bot or skill, and its test, need."""
    folder = tmp_path / "checkout"
    for name in FOLDERS:
        shutil.copytree(ROOT / name, folder / name, ignore=LEFT_OUT)
    for path in [*ROOT.glob("*.py"), *ROOT.glob("*.toml"), ROOT / "host.json"]:
        shutil.copy2(path, folder / path.name)
    return folder


def botfabric(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return run(folder, "-m", "cli", *arguments)


def run(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={"PATH": "", "FABRIC_ENVIRONMENT": "local", "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def files(folder: Path) -> dict[str, bytes]:
    found: Iterator[Path] = (path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in found
        if path.suffix in (".py", ".toml", ".md", ".json")
    }


@pytest.mark.parametrize(
    ("kind", "name", "made"),
    [
        ("skill", "book-a-room", "functions/skills/book_a_room.py"),
        ("bot", "front-desk", "bots/front-desk.toml"),
    ],
)
def test_what_is_new_works_as_it_stands(checkout: Path, kind: str, name: str, made: str) -> None:
    before = files(checkout)

    told = botfabric(checkout, "new", kind, name)

    assert told.returncode == 0, told.stderr
    after = files(checkout)
    added = after.keys() - before.keys()
    assert before == {path: content for path, content in after.items() if path in before}
    assert made in added
    [test] = [path for path in added if path.startswith("tests/")]
    tested = run(checkout, "-m", "pytest", "-q", "-p", "no:cacheprovider", test)
    assert tested.returncode == 0, tested.stdout
    assert name in botfabric(checkout, "list").stdout
    assert botfabric(checkout, "verify", name).returncode == 0


@pytest.mark.parametrize("name", ["Dice", "9lives", "a b", "../etc", "x" * 41, ""])
def test_a_bad_name_writes_nothing(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigurationError, match="is not a name"):
        write("skill", name, tmp_path)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", FILES)
def test_nothing_that_exists_is_written_over(tmp_path: Path, kind: str) -> None:
    written = write(kind, "dice", tmp_path)
    written[-1].unlink()
    written[0].write_text("mine")

    with pytest.raises(ConfigurationError, match="exists already"):
        write(kind, "dice", tmp_path)

    assert written[0].read_text() == "mine"
    assert not written[-1].exists()


def test_a_word_of_python_names_nothing(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="'class' is a word of Python"):
        write("skill", "class", tmp_path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("x = 1\ndef x(:\n", "line 2: SyntaxError: "),
        ("x = 1\n\nimport no_such_package\n", "line 3: ModuleNotFoundError: "),
        ("x = {}['key']\n", "line 1: KeyError: "),
    ],
)
def test_a_skill_that_cannot_be_imported_is_one_line(
    checkout: Path, content: str, said: str
) -> None:
    (checkout / "functions" / "skills" / "broken.py").write_text(content)

    listed = botfabric(checkout, "list")

    assert listed.returncode == 2
    assert listed.stderr.startswith(f"error: functions/skills/broken.py: {said}")
    assert "Traceback" not in listed.stderr
