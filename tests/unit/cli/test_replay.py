"""`botfabric replay`: unchanged code answers as before, a changed manifest shows."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
MANIFEST = """
id = "desk"
name = "Desk"
owner = "desk@contoso.example"
department = "IT"
skills = ["echo", "router"]
default_skill = "{default}"
"""


def botfabric(place: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    environ = {
        **os.environ,
        "FABRIC_ENVIRONMENT": "local",
        "FABRIC_EMBEDDINGS": "off",
        "FABRIC_BOTS_DIR": str(place / "bots"),
        "FABRIC_DATA_DIR": str(place / "data"),
    }
    command = [sys.executable, "-m", "cli", *words]
    return subprocess.run(
        command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=300, check=False
    )


def test_what_was_said_is_said_again_and_only_a_change_shows(tmp_path: Path) -> None:
    (tmp_path / "bots").mkdir()
    manifest = tmp_path / "bots" / "desk.toml"
    manifest.write_text(MANIFEST.format(default="echo"))
    assert botfabric(tmp_path, "replay", "--last", "5").returncode == 2
    for text in ("hello", "again, I am ann@contoso.example"):
        botfabric(tmp_path, "talk", "desk", text)

    same = botfabric(tmp_path, "replay", "--last", "5", "--json")
    assert (same.returncode, json.loads(same.stdout)) == (0, {"turns": 2, "differences": []})

    manifest.write_text(MANIFEST.format(default="router"))
    changed = botfabric(tmp_path, "replay", "--last", "1", "--json")
    assert changed.returncode == 1
    route, text = json.loads(changed.stdout)["differences"]
    assert (route["what"], route["was"], route["now"]) == ("route", "echo", "router")
    assert (text["say"], text["was"]) == (
        "again, I am <EMAIL>",
        "echo: again, I am <EMAIL>",
    )
