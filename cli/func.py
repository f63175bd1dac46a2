"""`botfabric func`: the same app under Azure Functions Core Tools, with Azurite beside it.

Core Tools has no trigger for the embedded bus: where the settings mean that one, the queues
are Azurite's.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import IO, cast

from cli.local_settings import read_values
from cli.port import DEFAULT_PORT, port_text
from shared.errors import ConfigurationError

AZURITE = "azurite@3.35.0"
AZURITE_BUS = "storagequeue://devstoreaccount1"
AZURITE_STORAGE = "UseDevelopmentStorage=true"
SERVICES = ("blob", "queue", "table")

NO_CORE_TOOLS = """\
Azure Functions Core Tools (func) are not on PATH. To install them:
  npm:  npm install -g azure-functions-core-tools@4
  brew: brew tap azure/functions && brew install azure-functions-core-tools@4
  apt:  apt-get install azure-functions-core-tools-4, from Microsoft's package feed
`make run` needs neither them nor Azurite: it runs the same function_app.py on the local host
(HTTP, timers, and the queues of the embedded bus), with the chat page and /_sent"""

NO_AZURITE = f"""\
Azurite is not on PATH, and neither is npx, which could fetch it. To install it:
  npm:  npm install -g {AZURITE}
`make run` does without: it runs the same function_app.py on the embedded bus"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--port", type=int, metavar="N", help=f"port of func (default: PORT, else {DEFAULT_PORT})"
    )


def run(arguments: argparse.Namespace, root: Path) -> int:
    func, azurite = _core_tools(), _azurite()
    environ = environment(_values(root), os.environ)
    port = str(arguments.port or port_text())
    data = Path(os.environ.get("FABRIC_DATA_DIR") or ".fabric") / "azurite"
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    with azurite_running(azurite, data):
        bus = environ.get("FABRIC_BUS_URL") or os.environ["FABRIC_BUS_URL"]
        print(f"\n  Azurite's data is in {data}, the bus is {bus}.")
        print(f"  Open http://localhost:{port}/api/health once the functions are listed.")
        print("  The chat page and /_sent belong to `make run`. Stop with Ctrl+C.\n", flush=True)
        return _start(func, port, environ)


def environment(values: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    """What Core Tools gets: what local.settings.json does not say itself, and what must differ.

    The environment wins over that file. The worker is the Python of this command.
    """
    child = {name: value for name, value in environ.items() if values.get(name) != value}
    child["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), environ.get("PATH", "")))
    if environ.get("FABRIC_BUS_URL", "").partition(":")[0] in ("", "sqlite"):
        child["FABRIC_BUS_URL"] = AZURITE_BUS
    if not environ.get("AzureWebJobsStorage"):
        child["AzureWebJobsStorage"] = AZURITE_STORAGE
    return child


@contextmanager
def azurite_running(command: Sequence[str], data: Path) -> Iterator[None]:
    """Azurite on loopback until the block ends; one that is there already is used and left.

    Raises ConfigurationError when it does not start.
    """
    data.mkdir(parents=True, exist_ok=True)
    hosts = [part for service in SERVICES for part in (f"--{service}Host", "127.0.0.1")]
    options = ("--silent", "--skipApiVersionCheck", "--disableTelemetry")
    with subprocess.Popen(  # noqa: S603 (found on PATH by us)
        [*command, "--location", str(data), *hosts, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,  # Ctrl+C is for func, which still writes when it stops
    ) as process:
        try:
            _until_listening(cast("IO[str]", process.stdout))
            yield
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)


def _until_listening(output: IO[str]) -> None:
    waiting, said = len(SERVICES), ""
    for line in output:
        said += line
        waiting -= "successfully listening" in line
        if not waiting:
            Thread(target=output.read, daemon=True).start()
            return
    if "EADDRINUSE" not in said:
        raise ConfigurationError(f"Azurite did not start: {said.strip()[-400:]}")
    print("  Something listens on Azurite's ports already and is taken for Azurite.")


def _start(func: str, port: str, environ: Mapping[str, str]) -> int:
    """`func start` until it ends; its exit code."""
    command = [func, "start", "--port", port]
    with subprocess.Popen(command, env=environ) as process:  # noqa: S603 (found on PATH by us)
        try:
            while True:
                with suppress(KeyboardInterrupt):  # the terminal told func, too
                    code = process.wait()
                    return code if code >= 0 else 128 - code
        finally:
            if process.poll() is None:
                process.terminate()


def _stop(number: int, frame: object) -> None:
    sys.exit(128 + number)


def _values(root: Path) -> Mapping[str, str]:
    """`Values` of local.settings.json, which is written from the example where there is none."""
    path = root / "local.settings.json"
    if not path.exists():
        example = root / "local.settings.example.json"
        shutil.copyfile(example, path)
        read_values(path)
        print(f"  {path.name} is new, from {example.name}.")
    values: dict[str, str] = json.loads(path.read_bytes()).get("Values", {})
    return values


def _core_tools() -> str:
    func = shutil.which("func")
    if func is None:
        raise ConfigurationError(NO_CORE_TOOLS)
    return func


def _azurite() -> Sequence[str]:
    """The command that is Azurite, by way of npx where it is not installed."""
    if azurite := shutil.which("azurite"):
        return [azurite]
    if npx := shutil.which("npx"):
        return [npx, "--yes", AZURITE]
    raise ConfigurationError(NO_AZURITE)
