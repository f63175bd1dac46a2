"""Commands as somebody types them, each in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
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
