"""`botfabric knowledge` with an index: a sync fills it, a search asks it."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def run(folder: Path, *arguments: str) -> tuple[int, str]:
    environ = {
        "FABRIC_ENVIRONMENT": "local",
        "FABRIC_DATA_DIR": str(folder / "data"),
        "FABRIC_INDEX_URL": f"sqlite:///{folder / 'index.db'}",
        "FABRIC_EMBEDDINGS": "off",
        "PATH": os.environ["PATH"],
    }
    done = subprocess.run(
        [sys.executable, "-m", "cli", "knowledge", *arguments],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def test_a_sync_fills_the_index_and_a_search_asks_it(tmp_path: Path) -> None:
    code, told = run(tmp_path, "sync", "--json")
    brought = json.loads(told)["index"]["brought"]
    assert brought["written"] == brought["without_vector"] > 100
    assert code == 0  # the encoder is switched off: words alone are what was asked for

    code, told = run(tmp_path, "search", "how do I connect with the vpn", "--json")
    assert (code, json.loads(told)[0]["passage"].partition("#")[0]) == (0, "it/vpn")
