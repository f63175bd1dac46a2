"""Azurite, Microsoft's emulator of Azure Storage, in memory and on ports of 127.0.0.1."""

import atexit
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep

from tests.ports import free_port

KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""Of the account devstoreaccount1: the same in every Azurite, and published."""

_SERVICES = ("blob", "queue", "table")
_FLAGS = ("--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry", "--silent")


class Azurite:
    """One process; what is in it is gone when it stops. It starts again on the same ports."""

    def __init__(self, program: str) -> None:
        self._program = program
        self._folder = TemporaryDirectory(prefix="azurite-")
        self._process: subprocess.Popen[bytes] | None = None
        self.ports = {service: free_port() for service in _SERVICES}

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
            for service in _SERVICES
            for option in (
                *(f"--{service}Host", "127.0.0.1"),
                *(f"--{service}Port", str(self.ports[service])),
            )
        ]
        with said.open("wb") as out:
            self._process = subprocess.Popen(
                ["node", self._program, *_FLAGS, *places],
                cwd=self._folder.name,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
            )
        until = monotonic() + 30
        while said.read_text().count("is successfully listening") < len(_SERVICES):
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
        f"DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey={key};"
        f"BlobEndpoint=http://127.0.0.1:{blob}/devstoreaccount1;"
        f"QueueEndpoint=http://127.0.0.1:{queue}/devstoreaccount1;"
    )


_shared: list[Azurite] = []


def shared(program: str) -> Azurite:
    """The one of this test run, started by the first who asks."""
    if not _shared:
        server = Azurite(program)
        atexit.register(server.close)
        server.start()
        _shared.append(server)
    return _shared[0]
