"""Notices when the wall clock steps, and moves with it what waits for a time of day.

What is scheduled is stored in wall time, so that it outlives a reboot. A clock that was an hour
ahead and is put right would keep all that was scheduled meanwhile for an hour.
"""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from sqlite3 import Cursor
from time import time

STEP_SECONDS = 2.0
"""A smaller difference is the clock being slewed, or a process that was held up."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS clock (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    boot TEXT NOT NULL,
    offset REAL NOT NULL
);
"""
_MOVED = (
    "UPDATE scheduled SET due = due + ?",
    "UPDATE held SET until = until + ?",
    "UPDATE delayed SET until = until + ?",
)
_NOTE = """
INSERT INTO clock (one, boot, offset) VALUES (1, ?, ?)
ON CONFLICT DO UPDATE SET boot = excluded.boot, offset = excluded.offset
"""


def since_boot() -> float:
    """Return the seconds since the machine started, which no setting of the clock changes."""
    from time import CLOCK_BOOTTIME, clock_gettime

    return clock_gettime(CLOCK_BOOTTIME)


def boot() -> str:
    """Return which start of the machine this is; "" where that cannot be told."""
    with suppress(OSError, ImportError):
        since_boot()
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return ""


class WallClock:
    """Compares the wall clock with the machine's own, for all processes on one file."""

    def __init__(
        self, wall: Callable[[], float] = time, own: Callable[[], float] = since_boot
    ) -> None:
        self._wall, self._own = wall, own
        self._boot = boot()
        self._offset: float | None = None

    def stepped(self) -> bool:
        """Whether the offset between the two is not what it was, or is not known yet."""
        if not self._boot:
            return False
        offset = self._wall() - self._own()
        known, self._offset = self._offset, offset
        return known is None or abs(offset - known) > STEP_SECONDS

    def heal(self, cursor: Cursor) -> float:
        """Move what waits by the step since the last note, once for all processes; the seconds.

        The note is in the file, so a step while nobody ran is noticed too. Another start of the
        machine has another zero: what was scheduled before it stays as it is.
        """
        offset = self._wall() - self._own()
        row = cursor.execute("SELECT boot, offset FROM clock").fetchone()
        step = offset - row[1] if row and row[0] == self._boot else 0.0
        if row and row[0] == self._boot and abs(step) <= STEP_SECONDS:
            return 0.0
        for sql in _MOVED if step else ():
            cursor.execute(sql, (step,))
        cursor.execute(_NOTE, (self._boot, offset))
        return step
