"""`botfabric func` around programs that stand in for Core Tools and Azurite.

They do what matters here: Azurite says that it listens and stops when told, func ends with a
code of its own, and both write down how they were started.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
WAIT_SECONDS = 20
RECORD = """#!{python}
import json, os, pathlib, signal, sys
folder = pathlib.Path({folder!r})
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM, signal.SIGINT])
def write(name, **more):
    told = dict(pid=os.getpid(), group=os.getpgrp(), arguments=sys.argv[1:], **more)
    told["environ"] = dict(os.environ)
    (folder / (name + ".new")).write_text(json.dumps(told))
    (folder / (name + ".new")).rename(folder / (name + ".json"))
"""
FUNC = """
write("func", azurite=(folder / "azurite.json").exists())
if {waits}:
    signal.sigwait({{signal.SIGTERM, signal.SIGINT}})
sys.exit({code})
"""
AZURITE = """
write("azurite")
for service in ("Blob", "Queue", "Table"):
    print(f"Azurite {service} service is successfully listening at http://127.0.0.1", flush=True)
signal.sigwait({signal.SIGTERM})
write("stopped")
"""
BUSY = """
print("Exit due to unhandled error: listen EADDRINUSE: address already in use 127.0.0.1:10000")
sys.exit(1)
"""
BROKEN = """
print("Exit due to unhandled error: EACCES: permission denied")
sys.exit(1)
"""


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


class Machine:
    """A folder with an app, and the programs on PATH."""

    def __init__(self, folder: Path) -> None:
        self.root, self._programs = folder / "app", folder / "programs"
        self.root.mkdir()
        self._programs.mkdir()
        (self.root / "function_app.py").touch()
        shutil.copy(ROOT / "local.settings.example.json", self.root)

    def has(self, program: str, text: str) -> None:
        path = self._programs / program
        head = RECORD.format(python=sys.executable, folder=str(self._programs))
        path.write_text(head + text)
        path.chmod(0o755)

    def has_func(self, *, code: int = 0, waits: bool = False) -> None:
        self.has("func", FUNC.format(code=code, waits=waits))

    @contextmanager
    def start(self, **environ: str) -> Iterator["subprocess.Popen[str]"]:
        """The command; it and what it started are gone at the end, however that comes."""
        with subprocess.Popen(
            [sys.executable, "-m", "cli", "func"],
            cwd=self.root,
            env={"PATH": str(self._programs), "PYTHONPATH": str(ROOT), **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as process:
            try:
                yield process
            finally:
                process.kill()
                for name in ("func", "azurite"):
                    if (self._programs / f"{name}.json").exists():
                        with suppress(ProcessLookupError):
                            os.kill(self.told(name)["pid"], signal.SIGKILL)

    def run(self, **environ: str) -> "subprocess.CompletedProcess[str]":
        with self.start(**environ) as process:
            out, error = process.communicate(timeout=WAIT_SECONDS)
            left = [name for name in ("func", "azurite") if self._runs(name)]
        assert not left, f"{left} outlived the command"
        return subprocess.CompletedProcess(process.args, process.returncode, out, error)

    def _runs(self, name: str) -> bool:
        return (self._programs / f"{name}.json").exists() and not gone(self.told(name)["pid"])

    def told(self, name: str) -> dict[str, Any]:
        """What a program wrote down; waits for it."""
        path = self._programs / f"{name}.json"
        until = time.monotonic() + WAIT_SECONDS
        while not path.exists():
            assert time.monotonic() < until, f"{name} was not written"
            time.sleep(0.01)
        told: dict[str, Any] = json.loads(path.read_text())
        return told

    def settings(self) -> Path:
        return self.root / "local.settings.json"


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.fixture
def equipped(machine: Machine) -> Machine:
    machine.has("azurite", AZURITE)
    machine.has_func()
    return machine


def test_func_runs_beside_azurite_and_azurite_ends_with_it(machine: Machine) -> None:
    machine.has("azurite", AZURITE)
    machine.has_func(code=7)
    result = machine.run()
    assert result.returncode == 7, result.stderr
    func, azurite = machine.told("func"), machine.told("azurite")
    assert func["arguments"] == ["start", "--port", "7071"]
    assert func["azurite"], "func must find Azurite listening"
    assert machine.told("stopped")["pid"] == azurite["pid"]
    assert "http://localhost:7071/api/health" in result.stdout


def test_azurite_is_on_loopback_with_its_data_in_an_ignored_folder(equipped: Machine) -> None:
    equipped.run()
    arguments = equipped.told("azurite")["arguments"]
    given = dict(zip(arguments[0:8:2], arguments[1:8:2], strict=True))
    assert given == {
        "--location": ".fabric/azurite",
        "--blobHost": "127.0.0.1",
        "--queueHost": "127.0.0.1",
        "--tableHost": "127.0.0.1",
    }
    assert {"--skipApiVersionCheck", "--disableTelemetry"} <= set(arguments[8:])
    assert ".fabric/" in (ROOT / ".gitignore").read_text().splitlines()


def test_queues_are_azurites_where_the_settings_mean_the_embedded_bus(equipped: Machine) -> None:
    equipped.run()
    environ = equipped.told("func")["environ"]
    assert environ["FABRIC_BUS_URL"] == "storagequeue://devstoreaccount1"
    assert environ["PATH"].startswith(f"{Path(sys.executable).parent}{os.pathsep}")


@pytest.mark.parametrize("bus", ["servicebus://localhost", "storagequeue://contoso"])
def test_a_bus_that_core_tools_can_trigger_from_stays(equipped: Machine, bus: str) -> None:
    result = equipped.run(FABRIC_BUS_URL=bus)
    assert equipped.told("func")["environ"]["FABRIC_BUS_URL"] == bus
    assert bus in result.stdout


def test_what_local_settings_say_is_left_to_them(equipped: Machine) -> None:
    """Core Tools warns of every name that both the environment and the file have."""
    equipped.run(FABRIC_SQLITE_SYNCHRONOUS="NORMAL", FABRIC_ENVIRONMENT="local")
    values = json.loads(equipped.settings().read_text())["Values"]
    given: Mapping[str, str] = equipped.told("func")["environ"]
    assert given.keys() & values.keys() == {"FABRIC_BUS_URL", "FABRIC_SQLITE_SYNCHRONOUS"}
    assert given["FABRIC_SQLITE_SYNCHRONOUS"] == "NORMAL"


def test_local_settings_are_written_from_the_example_once(equipped: Machine) -> None:
    equipped.run()
    example = equipped.root / "local.settings.example.json"
    assert equipped.settings().read_bytes() == example.read_bytes()
    mine = '{"Values": {"PORT": "7099", "FABRIC_BUS_URL": "servicebus://contoso"}}'
    equipped.settings().write_text(mine)
    result = equipped.run()
    assert equipped.settings().read_text() == mine
    told = equipped.told("func")
    assert told["arguments"] == ["start", "--port", "7099"]
    assert "FABRIC_BUS_URL" not in told["environ"]
    assert told["environ"]["AzureWebJobsStorage"] == "UseDevelopmentStorage=true"
    assert "servicebus://contoso" in result.stdout


def test_npx_fetches_azurite_where_it_is_not_installed(machine: Machine) -> None:
    machine.has("npx", AZURITE)
    machine.has_func()
    assert machine.run().returncode == 0
    assert machine.told("azurite")["arguments"][:2] == ["--yes", "azurite@3.35.0"]


def test_an_azurite_that_runs_already_is_used(machine: Machine) -> None:
    machine.has("azurite", BUSY)
    machine.has_func(code=3)
    result = machine.run()
    assert result.returncode == 3
    assert "taken for Azurite" in result.stdout


def test_an_azurite_that_does_not_start_is_an_error(machine: Machine) -> None:
    machine.has("azurite", BROKEN)
    machine.has_func()
    result = machine.run()
    assert result.returncode == 2
    assert "error: Azurite did not start: " in result.stderr
    assert "EACCES" in result.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_both(machine: Machine, number: signal.Signals) -> None:
    machine.has("azurite", AZURITE)
    machine.has_func(waits=True)
    with machine.start() as process:
        pids = [machine.told(name)["pid"] for name in ("func", "azurite")]
        process.send_signal(number)
        process.communicate(timeout=WAIT_SECONDS)
        assert process.returncode == 128 + number
        assert all(map(gone, pids))


def test_ctrl_c_reaches_func_alone_and_azurite_ends_after_it(machine: Machine) -> None:
    """A terminal tells the whole group."""
    machine.has("azurite", AZURITE)
    machine.has_func(code=7, waits=True)
    with machine.start() as process:
        func, azurite = machine.told("func"), machine.told("azurite")
        assert (func["group"], azurite["group"]) == (process.pid, azurite["pid"])
        os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=WAIT_SECONDS)
        assert process.returncode == 7
        assert gone(func["pid"])
        assert gone(azurite["pid"])


def test_without_core_tools_it_says_how_to_install_them(machine: Machine) -> None:
    machine.has("azurite", AZURITE)
    result = machine.run()
    assert result.returncode == 2
    for words in (
        "npm install -g azure-functions-core-tools@4",
        "brew install azure-functions-core-tools@4",
        "apt-get install azure-functions-core-tools-4",
        "make run",
    ):
        assert words in result.stderr
    assert not machine.settings().exists()


def test_without_azurite_and_npx_it_says_how_to_install_it(machine: Machine) -> None:
    machine.has_func()
    result = machine.run()
    assert result.returncode == 2
    assert "npm install -g azurite@3.35.0" in result.stderr
    assert "make run" in result.stderr


def test_make_func_is_that_command(tmp_path: Path, needs: Callable[[str], str]) -> None:
    result = subprocess.run(
        [needs("make"), "--no-print-directory", "--dry-run", "--always-make", "func"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.splitlines()[-1] == ".venv/bin/botfabric func"
