"""What no bot causes alone is in the ledger: counted in memory, written by minute and by day."""

import asyncio
import logging
from collections.abc import Callable

import pytest

from functions import counted
from functions.counted import write_down
from shared.governance import shared_use
from shared.governance.shared_use import amounts, sample_stored
from shared.observability import log, overhead
from shared.observability.overhead import Overhead
from shared.operations.reports.cost import charges
from shared.operations.reports.period import Period
from shared.operations.reports.turns import Scope
from shared.skill import Skill
from tests.lab import Lab
from tests.week import DAY, MONDAY


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overhead, "_here", overhead._Process())


@pytest.fixture
async def fabric(lab: Callable[..., Lab]) -> Lab:
    return lab(Skill("echo", "Echoes"))


async def used(fabric: Lab, begin: float) -> dict[str, float]:
    found = await charges(fabric, Scope(), Period(begin, begin + DAY))
    assert {charge.bot for charge in found} <= {"shared"}
    return {charge.meter: float(charge.quantity) for charge in found}


async def test_executions_and_the_log_are_counted_and_taken_once() -> None:
    with overhead.execution(deliveries=1):
        log.info("something")
    with pytest.raises(ValueError, match="no"), overhead.execution():
        raise ValueError("no")

    found = overhead.take()
    assert (found.executions, found.deliveries) == (2, 1)
    assert overhead.take() == Overhead()


def test_a_line_of_the_log_counts_with_its_bytes() -> None:
    line = log.JsonFormatter().format(logging.makeLogRecord({"msg": "event"}))

    assert overhead.take().log_bytes == len(line)


async def test_it_is_written_once_a_minute_beside_the_work(
    fabric: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counted, "time", lambda: MONDAY)
    monkeypatch.setattr(overhead, "TAKEN_EVERY_SECONDS", 0.0)
    with overhead.execution(deliveries=1):
        pass
    write_down(fabric)
    monkeypatch.setattr(overhead, "TAKEN_EVERY_SECONDS", 3600.0)
    with overhead.execution():
        pass
    write_down(fabric)
    await asyncio.gather(*shared_use._writing)

    found = await used(fabric, MONDAY)
    assert found["functions.executions"] == 1
    assert found["servicebus.operations"] == 3


def test_what_was_not_used_is_not_named() -> None:
    assert amounts(Overhead(), 2048) == {}
    assert amounts(Overhead(1, 500, 0, 20), 2048) == {
        "functions.executions": 1.0,
        "functions.gb_seconds": 1.0,
        "logs.bytes": 20.0,
    }


async def test_what_is_kept_is_booked_once_a_day_as_its_part_of_the_month(fabric: Lab) -> None:
    await fabric.blobs.put("file-1", b"x" * 3_000)
    for hour in (0, 5, 5, 23):
        await sample_stored(fabric.store, fabric.blobs, MONDAY + hour * 3600)
    await sample_stored(fabric.store, fabric.blobs, MONDAY + DAY)

    assert await used(fabric, MONDAY) == {"blobs.byte_months": 100.0}
    assert await used(fabric, MONDAY + DAY) == {"blobs.byte_months": 100.0}
