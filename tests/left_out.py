"""What of the suite this machine cannot run, and why: `python -m tests.left_out`, one line.

Exit code 1 where everything must run: in CI.
"""

import os
import shutil
import sys

from stand_ins.azurite.process import missing
from tests import services

PROGRAMS = {
    "node": "the Agents Playground, the web clients, MCP's client and the parser of KQL",
    "npm": "what they are made of",
    "chromium": "the chat page in a browser",
}
"""What needs each."""


def reasons() -> list[str]:
    found = [
        f"{what} ({program} is not on PATH)"
        for program, what in PROGRAMS.items()
        if not shutil.which(program)
    ]
    if not services.STORAGE and not services.HAS_AZURITE:
        found.append(f"Storage Queue and Blob ({missing()})")
    return found


if __name__ == "__main__":
    if found := reasons():
        print("Left out:", "; ".join(found))
        sys.exit(1 if os.environ.get("CI") else 0)
