"""A file that a command names lies where the command is typed, and the error says what to mend."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def typed_in(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    settings = {"FABRIC_ENVIRONMENT": "local", "FABRIC_DATA_DIR": str(folder / "data")}
    return subprocess.run(
        [sys.executable, "-m", "cli", *words],
        cwd=folder,
        env={**os.environ, **settings, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_bill_lies_where_the_command_is_typed(tmp_path: Path) -> None:
    result = typed_in(tmp_path, "cost", "--focus", "bill.csv")

    assert result.returncode == 0, result.stderr
    assert (tmp_path / "bill.csv").exists()


def test_a_pack_into_no_folder_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "letter").write_text("mine")

    result = typed_in(tmp_path, "pack", "--out", "letter")

    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == (
        f"error: --out {tmp_path / 'letter'}: Not a directory; name a folder that may be written\n"
    )
