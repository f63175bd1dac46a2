"""What waits for a second person, from a terminal: listed, approved, denied."""

import json
from pathlib import Path

import pytest

from tests.terminal import Terminal


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """Two bots that ask nobody."""
    return Terminal(tmp_path)


def test_where_nothing_waits_it_says_so(terminal: Terminal) -> None:
    assert terminal.type("approvals").stdout == "nothing waits for approval\n"
    assert json.loads(terminal.type("approvals", "list", "--all", "--json").stdout) == []


@pytest.mark.parametrize("deed", ["approve", "deny"])
def test_an_unknown_id_is_refused(terminal: Terminal, deed: str) -> None:
    refused = terminal.type("approvals", deed, "0123456789abcdef", "--reason", "no")

    assert refused.returncode == 1
    assert refused.stderr == ("error: nothing of that id (botfabric approvals): 0123456789abcdef\n")
