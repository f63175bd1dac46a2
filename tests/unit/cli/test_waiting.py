"""Who waits for a person, from a terminal: listed, answered, given back."""

import json
from pathlib import Path

import pytest

from tests.terminal import BOT, Terminal


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """With a bot `desk` that brings in a person."""
    made = Terminal(tmp_path)
    text = BOT.format(id="desk").replace('skills = ["echo"]', 'skills = ["echo", "handoff"]')
    (made.bots / "desk.toml").write_text(text)
    return made


def test_who_waits_is_answered_and_given_back(terminal: Terminal) -> None:
    assert terminal.type("waiting").stdout == "nobody waits\n"
    terminal.type("talk", "desk", "/handoff my payslip is wrong")

    [person] = json.loads(terminal.type("waiting", "--json").stdout)
    assert (person["bot"], person["reason"]) == ("desk", "my payslip is wrong")
    assert person["key"] in terminal.type("waiting").stdout

    answered = terminal.type("waiting", "answer", person["key"], "Hello, this is Ben.")
    assert answered.stdout == f"{person['id']}: answered; the host sends it\n"
    [person] = json.loads(terminal.type("waiting", "--json").stdout)
    assert [one["text"] for one in person["said"]] == ["Hello, this is Ben."]
    assert person["answered"]

    given_back = terminal.type("waiting", "return", person["key"])
    assert given_back.stdout == f"{person['id']}: the bot takes over again\n"


def test_where_nobody_waits_it_says_where_to_look(terminal: Terminal) -> None:
    refused = terminal.type("waiting", "answer", "desk.web.nobody", "hello")

    assert refused.returncode == 1
    assert refused.stderr == "error: nobody waits in desk.web.nobody (botfabric waiting)\n"
