"""The commands of the demonstration, as they stand, in a copy of the project."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.ports import free_port

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "demonstration.md"
SAID = 40
LIMIT_SECONDS = 120
KEYS = ("accepted", "done", "pending", "repeated")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The project as after `make .venv/.local`, which then has nothing left to do."""
    for path in ROOT.iterdir():
        if path.name[0] != "." and path.suffix != ".egg-info":
            (tmp_path / path.name).symlink_to(path)
    tools = tmp_path / ".venv" / "bin"
    tools.mkdir(parents=True)
    command = tools / "botfabric"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m cli "$@"\n')
    command.chmod(0o755)
    for stamp in (".pip", ".local"):
        (tools.parent / stamp).touch()
    return tmp_path


@pytest.fixture
def shell(clone: Path) -> Iterator["subprocess.Popen[str]"]:
    """A bash that waits for its script, in a group of its own that ends with the test."""
    environ = {n: v for n, v in os.environ.items() if not n.startswith(("FABRIC_", "MAKE"))}
    with subprocess.Popen(
        ["bash", "-e"],
        cwd=clone,
        env={**environ, "PORT": str(free_port())},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def test_a_conversation_outlives_the_worker_that_was_killed(
    shell: "subprocess.Popen[str]",
) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    commands = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    out, _ = shell.communicate("".join(commands), LIMIT_SECONDS)
    assert shell.returncode == 0, out
    books = [dict(re.findall(r"^(\w+) +(\d+)$", part, re.M)) for part in out.split("balance")]
    waiting, broken, finished = [{key: int(book[key]) for key in KEYS} for book in books[:3]]
    assert waiting == {"accepted": SAID, "done": 0, "pending": SAID, "repeated": 0}
    assert broken["accepted"] == SAID
    assert 0 < broken["done"] < SAID
    assert (finished["accepted"], finished["done"], finished["pending"]) == (SAID, SAID, 0)
    shown = re.findall(r'^"text": "(.*)"$', out, re.M)
    assert [(shown[0], shown[-1])] == re.findall(r"^`(.*?)` to `(.*?)`", text, re.M)
    answers = [int(number) for number in re.findall(r'"text": "echo: /echo (\d+)"', out)]
    assert list(dict.fromkeys(answers)) == list(range(1, SAID + 1))
    assert len(answers) - SAID <= finished["repeated"]
