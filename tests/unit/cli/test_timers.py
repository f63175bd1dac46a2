"""Timers: NCRONTAB schedules, one run at a time, one process of all."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli.function import Function
from cli.timers import Singleton, Timers, seconds_until_next
from shared.errors import ConfigurationError

NOW = datetime(2026, 1, 1, 12, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("schedule", "seconds"),
    [
        ("* * * * * *", 1),
        ("*/15 * * * * *", 15),
        ("0 * * * * *", 30),
        ("0 */5 * * * *", 270),
        ("0 0 13 * * *", 3570),
        ("*/5 * * * *", 270),
    ],
)
def test_six_fields_begin_with_seconds(schedule: str, seconds: float) -> None:
    assert seconds_until_next(schedule, NOW) == seconds


@pytest.mark.parametrize("schedule", ["", "every minute", "61 * * * * *", "* * * * * * *x"])
def test_a_bogus_schedule_is_named(schedule: str) -> None:
    with pytest.raises(ConfigurationError, match="NCRONTAB"):
        seconds_until_next(schedule, NOW)


def timer(name: str, call: object) -> Function:
    trigger = {"type": "timerTrigger", "name": "timer", "schedule": "* * * * * *"}
    return Function(name, trigger, call)  # type: ignore[arg-type]


async def test_a_timer_runs_on_time_and_stops(tmp_path: Path) -> None:
    ran = asyncio.Event()

    async def tick(timer: object) -> None:
        assert getattr(timer, "past_due", None) is False
        ran.set()

    timers = Timers([timer("tick", tick)], Singleton(tmp_path / "timers.lock"))
    timers.start()
    async with asyncio.timeout(5):
        await ran.wait()
    await timers.stop(1)


async def test_a_timer_that_fails_runs_again(tmp_path: Path) -> None:
    runs: asyncio.Queue[int] = asyncio.Queue()

    async def tick(timer: object) -> None:
        runs.put_nowait(1)
        raise RuntimeError("broken")

    timers = Timers([timer("tick", tick)], Singleton(tmp_path / "timers.lock"))
    timers.start()
    async with asyncio.timeout(5):
        await runs.get()
        await runs.get()
    await timers.stop(1)


def test_one_process_holds_the_timers_until_it_ends(tmp_path: Path) -> None:
    first, second = (Singleton(tmp_path / "deep" / "timers.lock") for _ in range(2))
    assert first.held()
    assert first.held()
    assert not second.held()
    first.release()
    assert second.held()
    second.release()
