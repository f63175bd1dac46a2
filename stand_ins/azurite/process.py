"""Azurite as a process on ports of 127.0.0.1; what is in it is gone when it stops."""

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep

from stand_ins.server import HOST

ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""Of that account: the same in every Azurite, and published."""

SERVICES = ("blob", "queue", "table")
START_SECONDS = 60
FLAGS = ("--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry", "--silent")
PROGRAM = Path(__file__).parent / "node_modules" / "azurite" / "dist" / "src" / "azurite.js"
"""Where `npm install` in this folder puts it."""


def missing() -> str:
    """Say what this machine lacks to run it, "" if nothing."""
    if not shutil.which("node"):
        return "node is not on PATH"
    if not PROGRAM.exists() and not shutil.which("azurite"):
        return f"Azurite is not installed: npm install --prefix {PROGRAM.parents[4]}"
    return ""


def command() -> list[str]:
    """Return how Azurite is called: the one installed here, else the one on PATH."""
    return ["node", str(PROGRAM)] if PROGRAM.exists() else [shutil.which("azurite") or "azurite"]


class Azurite:
    """One process, which starts again on the same ports. `ports` by service."""

    def __init__(self, ports: Mapping[str, int]) -> None:
        self.ports = dict(ports)
        self._folder = TemporaryDirectory(prefix="azurite-")
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def connection(self) -> str:
        return connection(self.ports["blob"], self.ports["queue"])

    @property
    def running(self) -> bool:
        return self._process is not None

    def start(self) -> None:
        """Return when it listens."""
        said = Path(self._folder.name) / "said"
        places = [
            option
            for service in SERVICES
            for option in (
                *(f"--{service}Host", HOST),
                *(f"--{service}Port", str(self.ports[service])),
            )
        ]
        with said.open("wb") as out:
            self._process = subprocess.Popen(  # noqa: S603 (found by us)
                [*command(), *FLAGS, *places],
                cwd=self._folder.name,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
            )
        until = monotonic() + START_SECONDS
        while said.read_text().count("is successfully listening") < len(SERVICES):
            if self._process.poll() is not None or monotonic() > until:
                self.stop()
                raise RuntimeError(f"Azurite did not start: {said.read_text()}")
            sleep(0.05)

    def stop(self) -> None:
        """kill -9."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def close(self) -> None:
        self.stop()
        self._folder.cleanup()


def connection(blob: int, queue: int, key: str = KEY) -> str:
    """A connection string for these ports."""
    return (
        f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={key};"
        f"BlobEndpoint=http://{HOST}:{blob}/{ACCOUNT};"
        f"QueueEndpoint=http://{HOST}:{queue}/{ACCOUNT};"
    )
