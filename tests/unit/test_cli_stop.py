"""The kill switch from a terminal: by the rule of the routes, and it says what it did."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli import stop
from shared.errors import ConfigurationError

ROOT = Path(__file__).parents[2]
BOT = """
id = "{id}"
name = "A bot"
owner = "tests@contoso.example"
department = "Tests"
skills = ["echo"]
default_skill = "echo"
"""


class Terminal:
    """Commands in a folder with two bots, `alpha` and `beta`."""

    def __init__(self, folder: Path) -> None:
        self.bots = folder / "bots"
        self.bots.mkdir()
        for id in ("alpha", "beta"):
            (self.bots / f"{id}.toml").write_text(BOT.format(id=id))
        self._environ = {
            **{name: v for name, v in os.environ.items() if not name.startswith("FABRIC_")},
            "FABRIC_ENVIRONMENT": "local",
            "FABRIC_DATA_DIR": str(folder / "data"),
            "FABRIC_BOTS_DIR": str(self.bots),
        }

    def type(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "cli", *words],
            cwd=ROOT,
            env=self._environ,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def stopped(self) -> list[dict[str, str]]:
        found: list[dict[str, str]] = json.loads(self.type("stop", "--json").stdout)
        return found


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path)


def test_a_bot_is_no_skill_and_does_not_get_on_the_list_as_one(terminal: Terminal) -> None:
    refused = terminal.type("stop", "alpha", "--kind", "skill")

    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr == "error: 'alpha' is no skill (botfabric list)\n"
    assert terminal.stopped() == []


def test_a_second_stop_says_so_and_keeps_the_time_of_the_first(terminal: Terminal) -> None:
    assert terminal.type("stop", "alpha").stderr == ""
    first = terminal.stopped()

    again = terminal.type("stop", "alpha")

    assert (again.returncode, again.stderr) == (0, "bot alpha was stopped already\n")
    assert terminal.stopped() == first


def test_what_is_stopped_and_no_longer_there_can_be_started_once(terminal: Terminal) -> None:
    terminal.type("stop", "alpha")
    (terminal.bots / "alpha.toml").rename(terminal.bots / "alpha.off")

    started = terminal.type("start", "alpha")
    again = terminal.type("start", "alpha")

    assert (started.returncode, started.stdout) == (0, "nothing is stopped\n")
    assert again.returncode == 2
    assert again.stderr == "error: 'alpha' is no bot and no skill (botfabric list)\n"


@pytest.mark.parametrize(
    ("kinds", "wanted", "meant"),
    [(["bot"], None, "bot"), (["skill"], "skill", "skill"), (["bot", "skill"], "skill", "skill")],
)
def test_the_kind_is_asked_for_only_where_both_are_meant(
    kinds: list[str], wanted: str | None, meant: str
) -> None:
    assert stop._kind(kinds, "tickets", wanted) == meant
    with pytest.raises(ConfigurationError, match="say --kind bot or --kind skill"):
        stop._kind(["bot", "skill"], "tickets", None)
