"""The record of operators' deeds, as a script reads it."""

import json
from pathlib import Path

from tests.terminal import Terminal


def test_a_script_reads_whether_the_audit_is_whole(tmp_path: Path) -> None:
    verified = Terminal(tmp_path).type("audit", "verify", "--json")

    assert (verified.returncode, json.loads(verified.stdout)) == (0, {"whole": True, "wrong": ""})
