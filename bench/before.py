"""The same bench in another checkout of this project: what its rows were, for a column beside ours.

`BEFORE=FOLDER make bench`: a worktree of an older commit with a `.venv` of its own.
"""

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_ROW = re.compile(r"^\| (?P<what>[^|]+) \| (?P<measured>-?[\d.]+) \| [<>]= [\d.]+ \|", re.MULTILINE)


@dataclass(frozen=True)
class Before:
    """What that checkout is, and its measured values by row; empty for no other checkout."""

    commit: str = ""
    rows: Mapping[str, str] = field(default_factory=dict)


def before(folder: Path) -> Before:
    """Measure the other checkout; takes minutes."""
    commit = subprocess.run(
        ["git", "log", "-1", "--format=%h of %as"],
        cwd=folder,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    done = subprocess.run(
        [folder.resolve() / ".venv" / "bin" / "python", "-m", "bench"],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if name != "BEFORE"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return Before(commit.stdout.strip(), rows(done.stdout))


def rows(page: str) -> Mapping[str, str]:
    """What was measured, by the name of its row in the table of targets."""
    return {found["what"]: found["measured"] for found in _ROW.finditer(page)}
