"""Real processes that are really killed; the long run is `botfabric chaos --long`."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from chaos.drill import Orders, drill
from chaos.verdict import LOST
from cli.__main__ import main


async def test_killed_processes_keep_the_promises(tmp_path: Path) -> None:
    report = await drill(1, Orders(), tmp_path)
    assert [str(violation) for violation in report.violations] == []
    assert report.counts["inputs"] == report.books["accepted"] == 2_000
    assert report.counts["kills"] >= 5
    assert report.counts["outages"] == 1
    assert min(report.counts[name] for name in ("copies", "answered_429", "lost_answers")) > 0


async def test_a_defect_in_real_processes_is_noticed(tmp_path: Path) -> None:
    orders = Orders(inputs=30, kill_every=60, outages=0, throttled=0.4, limit=5)
    report = await drill(1, orders, tmp_path, defect="same-id-on-retry")
    assert LOST in {violation.promise for violation in report.violations}


def test_a_seed_is_the_same_run_in_every_process() -> None:
    stories = set()
    for hash_seed in "12":
        environ = {**os.environ, "PYTHONHASHSEED": hash_seed}
        command = [sys.executable, "-m", "cli", "chaos", "--seed", "8"]
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
        stories.add(done.stdout.partition("\n")[2])
    assert len(stories) == 1
    assert "killed" in stories.pop()


@pytest.mark.parametrize("options", [["--seed", "7"], ["--seed", "7", "--seeds", "3"]])
def test_the_command_runs_a_seed_again(
    options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["chaos", *options]) == 0
    assert "all promises held" in capsys.readouterr().out


def test_the_command_answers_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["chaos", "--controls", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["held"] is True
    assert all(answer["controls"].values())
    assert len(answer["controls"]) == 5
