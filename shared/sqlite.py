"""One SQLite file, used by an event loop: reads in place, writes by group commit in a thread."""

import asyncio
import itertools
import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from time import monotonic, sleep
from typing import Any, TypeVar, cast

from shared.errors import Unavailable

T = TypeVar("T")
Work = Callable[[sqlite3.Cursor], Any]

GROUP = 256
"""Writes in one transaction at most, so that none waits long for the others."""


@dataclass(slots=True)
class _Job:
    """A write that somebody awaits."""

    work: Work
    durable: bool
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    result: Any = None
    error: Exception | None = None


class Database:
    """A WAL database that several processes may share.

    A read runs on the event loop's thread: it takes some 10 us, less than a change of thread.
    Writes go to one thread, which commits in one transaction all that wait; one that needs no
    fsync, while nothing waits and nobody else writes, is done in place as well. Opened on first
    use, again after `close`. `patience` is how many seconds to wait for another process.
    """

    def __init__(
        self, path: str | Path, schema: str, *, synchronous: str = "FULL", patience: float = 5
    ) -> None:
        self.path = Path(path)
        self._schema = schema
        self._synchronous = synchronous
        self._patience = patience
        self._writer: tuple[threading.Thread, SimpleQueue[_Job | None]] | None = None
        self._reader: sqlite3.Connection | None = None
        self._quick: sqlite3.Connection | None = None
        self._waiting = 0
        self._created = False

    async def write(self, work: Callable[[sqlite3.Cursor], T], *, durable: bool = True) -> T:
        """Run `work` in a transaction; on return it is committed.

        What it raises undoes it, and nothing else. `durable` False leaves out the fsync: power
        loss, not a crash, may then undo it. Raises Unavailable.
        """
        if not durable and not self._waiting and self._created and self._begin_in_place():
            return self._finish_in_place(work)
        loop = asyncio.get_running_loop()
        job = _Job(work, durable, loop, loop.create_future())
        if self._writer is None:
            self._writer = self._start()
        self._writer[1].put(job)
        self._waiting += 1
        try:
            return cast("T", await job.future)
        finally:
            self._waiting -= 1

    def _begin_in_place(self) -> bool:
        """Begin a transaction on the loop's own connection; False when somebody else writes."""
        try:
            if self._quick is None:
                self._quick = self._connect(patience=0)
                self._quick.execute("PRAGMA synchronous=NORMAL")
                self._quick.execute("PRAGMA wal_autocheckpoint=0")  # left to the writer's thread
            self._quick.execute("BEGIN IMMEDIATE")
        except sqlite3.DatabaseError:
            return False
        return True

    def _finish_in_place(self, work: Callable[[sqlite3.Cursor], T]) -> T:
        assert self._quick is not None  # noqa: S101 -- begun on it
        try:
            result = work(self._quick.cursor())
            self._quick.execute("COMMIT")
        except Exception as error:
            if self._quick.in_transaction:
                self._quick.execute("ROLLBACK")
            raise _translated(error) from error
        return result

    async def read(self, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
        """The rows of a query. Raises Unavailable."""
        if not self._created:
            await self.write(_nothing)
        return self.read_now(sql, parameters)

    def read_now(self, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
        """As `read`, without waiting: for a database that exists already."""
        try:
            if self._reader is None:
                self._reader = self._connect()
            return self._reader.execute(sql, parameters).fetchall()
        except sqlite3.DatabaseError as error:
            if self._reader is not None:
                self._reader.close()
                self._reader = None
            raise _translated(error) from error

    async def check(self) -> str:
        """ "" when it can be written to, else why not."""
        try:
            await self.write(_nothing, durable=False)
        except Unavailable as error:
            return str(error)
        return ""

    async def close(self) -> None:
        if self._writer is not None:
            (thread, jobs), self._writer = self._writer, None
            jobs.put(None)
            await asyncio.to_thread(thread.join)
        for connection in (self._reader, self._quick):
            if connection is not None:
                connection.close()
        self._reader = self._quick = None

    def _start(self) -> tuple[threading.Thread, "SimpleQueue[_Job | None]"]:
        jobs: SimpleQueue[_Job | None] = SimpleQueue()
        name = f"writer of {self.path.name}"
        thread = threading.Thread(target=self._run, args=(jobs,), name=name, daemon=True)
        thread.start()
        return thread, jobs

    # --- in the writer's thread ----------------------------------------------------------------

    def _run(self, queue: "SimpleQueue[_Job | None]") -> None:
        """Commit what comes until None comes."""
        connection: sqlite3.Connection | None = None
        running = True
        while running:
            found = [queue.get()]
            found += [queue.get() for _ in range(min(queue.qsize(), GROUP))]
            running = None not in found
            jobs = [job for job in found if job]
            try:
                if connection is None:
                    connection = self._open()
                self._commit(connection, jobs)
            except Exception as error:
                for job in jobs:
                    job.error = _translated(error)
                if connection is not None:
                    connection.close()
                    connection = None
            _resolve(jobs)
        if connection is not None:
            connection.close()

    def _commit(self, connection: sqlite3.Connection, jobs: Sequence[_Job]) -> None:
        """One transaction for all. When a job raises, again, each in a savepoint of its own."""
        durable = self._synchronous == "FULL" and any(job.durable for job in jobs)
        cursor = connection.cursor()
        cursor.execute("PRAGMA synchronous=FULL" if durable else "PRAGMA synchronous=NORMAL")
        cursor.execute("BEGIN IMMEDIATE")
        try:
            for job in jobs:
                job.result = job.work(cursor)
        except Exception:
            if not connection.in_transaction:  # SQLite itself gave up: disk full, I/O error
                raise
            cursor.execute("ROLLBACK")
            cursor.execute("BEGIN IMMEDIATE")
            for job in jobs:
                _run_apart(cursor, job)
        cursor.execute("COMMIT")

    def _open(self) -> sqlite3.Connection:
        """Connect and create what is missing. Two that turn WAL on at once get "locked"."""
        deadline = monotonic() + self._patience
        self.path.parent.mkdir(parents=True, exist_ok=True)
        while True:
            connection = self._connect()
            try:
                connection.execute("PRAGMA journal_mode=WAL")
                connection.executescript(f"BEGIN IMMEDIATE; {self._schema} COMMIT;")
            except sqlite3.DatabaseError as error:
                connection.close()
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or monotonic() > deadline:
                    raise
                sleep(0.01)
            else:
                self._created = True
                return connection

    def _connect(self, patience: float | None = None) -> sqlite3.Connection:
        return sqlite3.connect(
            self.path,
            timeout=self._patience if patience is None else patience,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=64,
        )


def _nothing(cursor: sqlite3.Cursor) -> None:
    """Only begins and commits."""


def _translated(error: Exception) -> Exception:
    """Unavailable for what the file or its disk does; a bug stays what it is."""
    if isinstance(error, sqlite3.DatabaseError | OSError) and not isinstance(
        error, sqlite3.ProgrammingError | sqlite3.IntegrityError
    ):
        return Unavailable(f"SQLite: {error}" if isinstance(error, sqlite3.Error) else "disk")
    return error


def _run_apart(cursor: sqlite3.Cursor, job: _Job) -> None:
    """Run one job so that its failure undoes nothing but itself."""
    cursor.execute("SAVEPOINT job")
    try:
        job.result = job.work(cursor)
    except Exception as error:
        if not cursor.connection.in_transaction:
            raise
        job.error = _translated(error)
        cursor.execute("ROLLBACK TO job")
    cursor.execute("RELEASE job")


def _resolve(jobs: Sequence[_Job]) -> None:
    """Wake those who wait, one call for each event loop."""
    for loop, group in itertools.groupby(jobs, key=lambda job: job.loop):
        if not loop.is_closed():
            try:
                loop.call_soon_threadsafe(_settle, list(group))
            except RuntimeError:  # closed in this moment: nobody waits any more
                continue


def _settle(jobs: Sequence[_Job]) -> None:
    for job in jobs:
        if job.future.done():
            continue
        if job.error is not None:
            job.future.set_exception(job.error)
        else:
            job.future.set_result(job.result)
