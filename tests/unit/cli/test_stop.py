"""The kill switch from a terminal: by the rule of the routes, and it says what it did."""

import json
from pathlib import Path

import pytest

from cli import stop
from cli.__main__ import main
from shared.errors import ConfigurationError
from tests.terminal import Terminal


def stopped(terminal: Terminal) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(terminal.type("stop", "--json").stdout)
    return found


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path)


def test_a_bot_is_no_skill_and_does_not_get_on_the_list_as_one(terminal: Terminal) -> None:
    refused = terminal.type("stop", "alpha", "--kind", "skill")

    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr == "error: 'alpha' is no skill (botfabric list)\n"
    assert stopped(terminal) == []


def test_a_kind_of_nothing_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stop", "--kind", "skill"]) == 2
    assert capsys.readouterr().err == "error: --kind skill of what? write a name before it\n"


def test_a_second_stop_says_so_and_keeps_the_time_of_the_first(terminal: Terminal) -> None:
    assert terminal.type("stop", "alpha").stderr == ""
    first = stopped(terminal)

    again = terminal.type("stop", "alpha")

    assert (again.returncode, again.stderr) == (0, "bot alpha was stopped already\n")
    assert stopped(terminal) == first


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
