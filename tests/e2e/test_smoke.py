"""The script that CI runs against Core Tools says the truth about the local host."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ports import free_port

ROOT = Path(__file__).parents[2]
ANSWER_SECONDS = 30


@pytest.fixture
def stub_port() -> int:
    return free_port()


@pytest.fixture
def host(tmp_path: Path, stub_port: int, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of this app on the local host, with the options of the test."""
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith("FABRIC_")},
        "FABRIC_ENVIRONMENT": "local",
        "FABRIC_DATA_DIR": str(tmp_path),
        "FABRIC_EMBEDDINGS": "off",
        "FABRIC_TEAMS_SERVICE_HOSTS": f"127.0.0.1:{stub_port}",
    }
    options = getattr(request, "param", [])
    with (
        (tmp_path / "log").open("w") as log,
        subprocess.Popen(
            [sys.executable, "-m", "cli", "run", "--port", "0", "--no-reload", *options],
            cwd=ROOT,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as process,
    ):
        try:
            assert process.stdout is not None
            yield process.stdout.readline().split()[1]
        finally:
            process.terminate()


def smoke(host: str, port: int, patience: float) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [
            *(sys.executable, "tests/smoke.py", "--url", host),
            *("--port", str(port), "--patience", str(patience)),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=ANSWER_SECONDS * 2,
        check=False,
    )


def test_a_conversation_is_held(host: str, stub_port: int) -> None:
    result = smoke(host, stub_port, ANSWER_SECONDS)
    assert result.returncode == 0, result.stderr
    assert "bot: echo: /echo one more" in result.stdout


@pytest.mark.parametrize("host", [["--no-triggers"]], indirect=True)
def test_no_answer_is_a_failure(host: str, stub_port: int) -> None:
    result = smoke(host, stub_port, 3)
    assert (result.returncode, result.stderr) == (1, "smoke: no answer in time\n")


def test_no_host_is_a_failure() -> None:
    result = smoke(f"http://127.0.0.1:{free_port()}", free_port(), 1)
    assert (result.returncode, result.stdout) == (1, "")
