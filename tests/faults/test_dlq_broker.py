"""`botfabric dlq broker` against a broker that has put messages aside."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from shared.messaging.servicebus.bus import ServiceBusBus
from tests.broker_process import PLAIN, ServiceBusProcess, queues
from tests.contract.processes import received
from tests.faults.broker import OpenBus, event

ROOT = Path(__file__).parents[2]
SKILLS = ("router", "knowledge", "tickets", "notify", "handoff", "intake", "echo")
NAMES = (*(f"skill-{name}" for name in SKILLS), "outbound", *PLAIN)


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "FABRIC_ENVIRONMENT": "local",
        "FABRIC_DATA_DIR": str(tmp_path / "data"),
    }


def command(settings: dict[str, str], *words: str) -> Any:
    """What it prints as JSON; it succeeds."""
    result = subprocess.run(
        [sys.executable, "-m", "cli", *words, "--json"],
        cwd=ROOT,
        env=settings,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


async def die(bus: ServiceBusBus, queue: str, *sent: tuple[str, str]) -> None:
    """Send these ids in these sessions, and dead-letter each."""
    await bus.send(queue, *(event(id, session) for id, session in sent))
    for _ in sent:
        [delivery] = await received(bus, queue)
        await bus.dead_letter(delivery, "bug", f"of {delivery.id}")


async def test_what_the_broker_put_aside_is_listed_and_goes_back_in_order(
    tmp_path: Path, open_bus: OpenBus, settings: dict[str, str]
) -> None:
    entities = queues(*NAMES, duplicateDetectionSeconds=600)
    peer = ServiceBusProcess.start(tmp_path, entities)
    try:
        bus = open_bus(peer)
        settings |= {
            "FABRIC_BUS_URL": f"servicebus://{peer.host}",
            "ServiceBusConnection": peer.connection,
        }
        await die(bus, "skill-echo", ("1", "c"), ("2", "d"), ("3", "c"))
        await die(bus, "events", ("4", ""))

        rows = command(settings, "dlq", "broker")
        assert [(row["queue"], row["id"]) for row in rows] == [
            *(("skill-echo", id) for id in "123"),
            ("events", "4"),
        ]
        assert (rows[0]["reason"], rows[0]["description"]) == ("bug", "of 1")

        command(settings, "dlq", "broker", "--queue", "skill-echo", "--resubmit")

        came = []
        for _ in range(3):
            [delivery] = await received(bus, "skill-echo")
            came.append((delivery.session, delivery.id))
            await bus.complete(delivery)
        in_c = [id for session, id in came if session == "c"]
        assert in_c == ["1:replay:1", "3:replay:1"]
        assert ("d", "2:replay:1") in came
        assert [row["id"] for row in command(settings, "dlq", "broker")] == ["4"]
        [deed] = command(settings, "audit", "list")
        assert (deed["action"], deed["outcome"]) == ("resubmit", "done")
        assert deed["target"] == {"queue": "skill-echo", "letters": "1, 2, 3"}
        await bus.close()
    finally:
        peer.stop()


def test_a_bus_without_such_queues_says_so(settings: dict[str, str]) -> None:
    assert command(settings, "dlq", "broker") == []
