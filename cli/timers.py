"""Runs the timer functions on their NCRONTAB schedules, in UTC."""

import asyncio
import fcntl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from cli.function import Function
from cli.trigger_data import timer_request
from shared.errors import ConfigurationError
from shared.observability import log


class Singleton:
    """Held by one process of all that share a folder, until it ends: the host's timer lease."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[str] | None = None

    def held(self) -> bool:
        """Whether this process holds it, having taken it now if it was free."""
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            file = self._path.open("w")
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                file.close()
                return False
            self._file = file
        return True

    def release(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def seconds_until_next(schedule: str, now: datetime) -> float:
    """Six fields begin with seconds, five with minutes; ConfigurationError for anything else."""
    from croniter import croniter

    try:
        following = croniter(schedule, now, second_at_beginning=len(schedule.split()) == 6)
        return float((following.get_next(datetime) - now).total_seconds())
    except (ValueError, KeyError) as error:
        raise ConfigurationError(
            f"the schedule {schedule!r} is no NCRONTAB expression such as '0 */5 * * * *': {error}"
        ) from error


@dataclass
class Timers:
    """One task a timer, so that a slow run is never overlapped by the next."""

    functions: Sequence[Function]
    lease: Singleton
    _tasks: set[asyncio.Task[None]] = field(default_factory=set, init=False)
    _stopping: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    def start(self) -> None:
        for function in self.functions:
            seconds_until_next(function.target, datetime.now(UTC))
        self._tasks = {asyncio.create_task(self._tick(function)) for function in self.functions}

    async def stop(self, grace: float) -> None:
        """Start nothing more; give what runs `grace` seconds."""
        self._stopping.set()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        self.lease.release()

    async def _tick(self, function: Function) -> None:
        while not self._stopping.is_set():
            pause = seconds_until_next(function.target, datetime.now(UTC))
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)
            if not self._stopping.is_set() and self.lease.held():
                try:
                    await function.run(timer_request())
                except Exception:
                    log.error("function.failed", exc_info=True, function=function.name)
