"""A wall clock that steps takes what is scheduled along, once for all processes, and says so."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from shared.event import Event
from shared.messaging.embedded import bus as embedded
from shared.messaging.embedded import clock as clocks
from shared.messaging.embedded import messages
from shared.messaging.embedded.bus import SqliteBus
from shared.messaging.embedded.clock import WallClock


class Machine:
    """A machine whose wall clock can be set; its own clock goes on."""

    def __init__(self) -> None:
        self.own, self.ahead = 5_000.0, 1_800_000_000.0

    def since_boot(self) -> float:
        return self.own

    def time(self) -> float:
        return self.own + self.ahead


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    machine = Machine()
    monkeypatch.setattr(clocks, "boot", lambda: "this start")
    for module in (messages, embedded):
        monkeypatch.setattr(module, "time", machine.time)
    return machine


@pytest.fixture
async def two(tmp_path: Path, machine: Machine) -> AsyncIterator[list[SqliteBus]]:
    made = [bus(tmp_path, machine) for _ in range(2)]
    for one in made:
        await seen(one)
    yield made
    for one in made:
        await one.close()


def bus(folder: Path, machine: Machine) -> SqliteBus:
    made = SqliteBus(folder / "bus.db")
    made._clock = WallClock(machine.time, machine.since_boot)
    return made


async def seen(bus: SqliteBus) -> None:
    """The bus looks at the clock as it does while it waits, and does what that asks for."""
    await bus.changed(0)
    bus._poll()
    if bus._healing is not None:
        await bus._healing


async def due_in(bus: SqliteBus, machine: Machine) -> list[float]:
    rows: list[Any] = await bus._database.read("SELECT due FROM scheduled ORDER BY due")
    return [round(due - machine.time(), 3) for (due,) in rows]


@pytest.mark.parametrize("step", [-3600.0, 3600.0, -5.0])
async def test_what_is_scheduled_moves_once_however_many_notice(
    two: list[SqliteBus], machine: Machine, step: float, caplog: pytest.LogCaptureFixture
) -> None:
    await two[0].send("q", Event(id="1", type="test"), delay=60)
    machine.own += 10
    machine.ahead += step
    for one in two:
        await seen(one)
        await seen(one)

    assert await due_in(two[0], machine) == [50.0]
    assert [record.getMessage() for record in caplog.records].count("clock.stepped") == 1


async def test_a_step_while_nobody_ran_is_noticed_at_the_next_start(
    two: list[SqliteBus], machine: Machine, tmp_path: Path
) -> None:
    await two[0].send("q", Event(id="1", type="test"), delay=60)
    machine.ahead -= 3600
    again = bus(tmp_path, machine)
    await seen(again)

    assert await due_in(again, machine) == [60.0]
    await again.close()


async def test_another_start_of_the_machine_moves_nothing(
    two: list[SqliteBus], machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await two[0].send("q", Event(id="1", type="test"), delay=60)
    machine.ahead += machine.own
    machine.own = 0.0
    monkeypatch.setattr(clocks, "boot", lambda: "the next start")
    again = bus(tmp_path, machine)
    await seen(again)

    assert await due_in(again, machine) == [60.0]
    await again.close()


async def test_a_clock_that_drifts_is_no_step(two: list[SqliteBus], machine: Machine) -> None:
    await two[0].send("q", Event(id="1", type="test"), delay=60)
    for _ in range(20):
        machine.ahead += 0.1
        await seen(two[0])

    assert await due_in(two[0], machine) == [58.0]
