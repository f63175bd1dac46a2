"""The stand-in for Service Bus as a process of its own, with a switch for outages."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self
from urllib.request import Request, urlopen

from tests.ports import free_port

PLAIN = ("events", "webhooks", "dead-letters")
"""Queues without sessions."""


def queues(*names: str, **settings: float) -> list[dict[str, Any]]:
    """Queues as the configuration lists them, with these settings."""
    return [{"name": name, "requiresSession": name not in PLAIN, **settings} for name in names]


class ServiceBusProcess:
    """On a free port, stopped by whoever started it."""

    def __init__(self, process: subprocess.Popen[str], port: int, control: int) -> None:
        self._process = process
        self._control = control
        self.host = f"localhost:{port}"

    @classmethod
    def start(cls, folder: Path, entities: Sequence[Mapping[str, Any]], *flags: object) -> Self:
        config = folder / "servicebus.json"
        config.write_text(json.dumps({"queues": list(entities)}))
        port, control = free_port(), free_port()
        words = ("-m", "stand_ins.servicebus", "--port", port, "--control", control)
        command = [sys.executable, *map(str, (*words, "--config", config, *flags))]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout
        ready = process.stdout.readline().strip()
        assert ready.startswith("ready "), ready
        return cls(process, port, control)

    @property
    def connection(self) -> str:
        return (
            f"Endpoint=sb://{self.host};SharedAccessKeyName=test;SharedAccessKey=made-up;"
            "UseDevelopmentEmulator=true"
        )

    def order(self, what: str) -> None:
        """`pause`, `resume` or `drop` (the open connections)."""
        urlopen(Request(f"http://127.0.0.1:{self._control}/{what}", b"", method="POST")).close()

    def stats(self) -> Any:
        with urlopen(f"http://127.0.0.1:{self._control}/stats") as answer:
            return json.load(answer)

    def stop(self) -> None:
        self._process.terminate()
        self._process.communicate()
