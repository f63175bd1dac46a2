"""The doctor from a terminal: one line a mistake, and an exit code for scripts."""

import json
from pathlib import Path

from tests.terminal import Terminal


def test_nothing_is_wrong_on_a_laptop(tmp_path: Path) -> None:
    told = Terminal(tmp_path).type("doctor")

    assert (told.returncode, told.stdout, told.stderr) == (0, "nothing is wrong\n", "")


def test_every_mistake_is_told_before_anything_is_asked(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    (terminal.bots / "alpha.toml").write_text("id = alpha\n")
    (terminal.bots / "beta.toml").write_text("id = beta\n")

    told = terminal.type("doctor", "--json")

    assert told.returncode == 1
    assert [mistake["where"].partition(": ")[2] for mistake in json.loads(told.stdout)] == [
        "line 1",
        "line 1",
    ]


def test_a_laptop_is_not_fit_for_the_cloud(tmp_path: Path) -> None:
    told = Terminal(tmp_path).type("doctor", "--cloud", "--offline")

    assert told.returncode == 1
    assert "error store-url: FABRIC_STORE_URL: is not set; write one of " in told.stdout
