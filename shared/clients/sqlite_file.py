"""One SQLite file, used by an event loop: everything in place, and threads for what waits."""

import asyncio
import itertools
import os
import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
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

RETRY_SECONDS = 0.001
"""How soon to ask again whether another process has finished writing."""

CHECKPOINT_COMMITS = 100
"""Transactions after which the log is copied into the file, so that it starts over."""

RESTART_BYTES, LARGEST_LOG_BYTES = 32 * 2**20, 64 * 2**20
"""The length at which the log is made to start over, and the one beyond which its file is cut."""

RESTART_FRAMES = 256
"""Pages that are copied while writers wait; more are copied beside them before."""

RESTART_TRIES = 50
"""Times that a moment without readers is looked for, before the next transactions are awaited."""


@dataclass(slots=True)
class _Job:
    """A write that somebody awaits; `deadline` in monotonic time."""

    work: Work
    durable: bool
    deadline: float
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    result: Any = None
    error: Exception | None = None


class Database:
    """A WAL database that several processes may share.

    Statements run on the event loop's thread: most take some 10 us, less than a change of
    thread. Writes made in one turn of the loop are one transaction. It is committed without an
    fsync, so that others may write at once; a thread then fsyncs the log for all that wait for
    it, and another copies it into the file. Opened on first use, again after `close`. `patience`
    is how many seconds to wait for another process, `fsync` what brings the log to the disk.
    """

    def __init__(
        self,
        path: str | Path,
        schema: str,
        *,
        synchronous: str = "FULL",
        patience: float = 5,
        fsync: Callable[[int], None] = os.fsync,
    ) -> None:
        self.path = Path(path)
        self._schema = schema
        self._synchronous = synchronous
        self._patience = patience
        self._fsync = fsync
        self._connection: sqlite3.Connection | None = None
        self._opening = threading.Lock()
        self._jobs: list[_Job] = []
        self._flushing: asyncio.AbstractEventLoop | None = None
        self._log: _Log | None = None

    async def write(self, work: Callable[[sqlite3.Cursor], T], *, durable: bool = True) -> T:
        """Run `work` in a transaction; on return it is committed.

        What it raises undoes it, and nothing else. `durable` False leaves out the fsync: power
        loss, not a crash, may then undo it. Raises Unavailable.
        """
        await self.open()
        loop = asyncio.get_running_loop()
        durable = durable and self._synchronous == "FULL"
        deadline = monotonic() + self._patience
        job = _Job(work, durable, deadline, loop, loop.create_future())
        self._jobs.append(job)
        if self._flushing is not loop:
            self._flushing = loop
            loop.call_soon(self._flush)
        return cast("T", await job.future)

    async def read(self, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
        """The rows of a query. Raises Unavailable."""
        await self.open()
        return self.read_now(sql, parameters)

    def read_now(self, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
        """As `read`, without waiting: for a database that is open already."""
        if self._connection is None:
            raise Unavailable("SQLite: not open")
        try:
            return self._connection.execute(sql, parameters).fetchall()
        except sqlite3.DatabaseError as error:
            if not _is_busy(error):
                self._drop()
            raise _translated(error) from error

    async def check(self) -> str:
        """ "" when it can be written to, else why not."""
        try:
            await self.write(_nothing, durable=False)
        except Unavailable as error:
            return str(error)
        return ""

    async def close(self) -> None:
        """Commit what waits, and close; the last process to do so empties the log."""
        while self._jobs:
            self._flush()
            await asyncio.sleep(RETRY_SECONDS)
        if self._connection is not None:
            connection, self._connection = self._connection, None
            log, self._log = self._log, None
            if log is not None:
                await asyncio.to_thread(log.close)
            await asyncio.to_thread(connection.close)

    def _flush(self) -> None:
        """Commit what waits, or come back when another process has finished writing."""
        self._flushing = None
        jobs, self._jobs = self._jobs[:GROUP], self._jobs[GROUP:]
        try:
            if jobs:
                self._commit(jobs)
        except Exception as error:
            now, busy = monotonic(), _is_busy(error)
            self._jobs[:0] = [job for job in jobs if busy and job.deadline > now]
            _fail([job for job in jobs if not busy or job.deadline <= now], _translated(error))
            if not busy:
                self._drop()
        if self._jobs:
            self._flushing = asyncio.get_running_loop()
            self._flushing.call_later(RETRY_SECONDS, self._flush)

    def _commit(self, jobs: Sequence[_Job]) -> None:
        """One transaction for all. When a job raises, again, each in a savepoint of its own."""
        if self._connection is None or self._log is None:
            raise Unavailable("SQLite: the connection broke")
        cursor = self._connection.cursor()
        cursor.execute("BEGIN IMMEDIATE")
        try:
            for job in jobs:
                job.result = job.work(cursor)
        except Exception:
            if not cursor.connection.in_transaction:  # SQLite gave up: disk full, I/O error
                raise
            cursor.execute("ROLLBACK")
            cursor.execute("BEGIN IMMEDIATE")
            for job in jobs:
                _run_apart(cursor, job)
        cursor.execute("COMMIT")
        _settle([job for job in jobs if not job.durable])
        self._log.committed([job for job in jobs if job.durable])

    def _drop(self) -> None:
        """Let go of a connection that is of no use; the next write or read makes a new one."""
        if self._log is not None:
            self._log.stop()
        if self._connection is not None:
            self._connection.close()
        self._connection = self._log = None

    # --- opening -------------------------------------------------------------------------------

    async def open(self) -> None:
        """In a thread, since the disk may be slow and another process may hold the file."""
        if self._connection is not None:
            return
        try:
            await asyncio.to_thread(self._open_now)
        except Exception as error:
            raise _translated(error) from error

    def _open_now(self) -> None:
        with self._opening:
            if self._connection is None:
                connection = self._connect()
                self._log = _Log(self.path, self._fsync)
                self._connection = connection

    def _connect(self) -> sqlite3.Connection:
        """Connect and create what is missing. Two that turn WAL on at once get "locked"."""
        deadline = monotonic() + self._patience
        self.path.parent.mkdir(parents=True, exist_ok=True)
        while True:
            connection = _connection(self.path)
            try:
                connection.execute("PRAGMA journal_mode=WAL")
                connection.execute("PRAGMA synchronous=NORMAL")
                connection.execute("PRAGMA wal_autocheckpoint=0")
                connection.executescript(f"BEGIN IMMEDIATE; {self._schema} COMMIT;")
            except sqlite3.DatabaseError as error:
                connection.close()
                if not _is_busy(error) or monotonic() > deadline:
                    raise
                sleep(0.01)
            else:
                return connection


class _Log:
    """The write-ahead log: a thread brings it to the disk, another now and then into the file.

    They are two, so that nobody whose write waits for the disk waits for a copy as well.
    """

    def __init__(self, path: Path, fsync: Callable[[int], None]) -> None:
        self._path = path
        self._fsync = fsync
        self._file = os.open(f"{path}-wal", os.O_RDWR)
        self._commits = 0
        self._queue: SimpleQueue[Sequence[_Job] | None] = SimpleQueue()
        self._long, self._stopping = threading.Event(), False
        self._syncing = self._start(self._sync_queue, f"log of {path.name}")
        self._copying = self._start(self._copy_when_long, f"copy of {path.name}")

    def committed(self, durable: Sequence[_Job]) -> None:
        """There was a transaction; have these settled when it is on the disk."""
        self._commits += 1
        if durable:
            self._queue.put(durable)
        if self._commits % CHECKPOINT_COMMITS == 0:
            self._long.set()

    def stop(self) -> None:
        self._stopping = True
        self._long.set()
        self._queue.put(None)

    def close(self) -> None:
        self.stop()
        self._syncing.join()

    def _start(self, target: Callable[[], None], name: str) -> threading.Thread:
        thread = threading.Thread(target=target, name=name, daemon=True)
        thread.start()
        return thread

    def _sync_queue(self) -> None:
        running = True
        while running:
            found = [self._queue.get()]
            found += [self._queue.get() for _ in range(self._queue.qsize())]
            running = None not in found
            self._sync([job for jobs in found if jobs for job in jobs])
        self._copying.join()
        os.close(self._file)

    def _copy_when_long(self) -> None:
        while True:
            self._long.wait()
            self._long.clear()
            if self._stopping:
                return
            self._checkpoint()

    def _sync(self, jobs: Sequence[_Job]) -> None:
        try:
            if jobs:
                self._fsync(self._file)
        except OSError as error:
            for job in jobs:
                job.error = _translated(error)
        for loop, group in itertools.groupby(jobs, key=lambda job: job.loop):
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(_settle, list(group))

    def _checkpoint(self) -> None:
        """Copy the log into the file; what cannot be copied now is copied next time.

        SQLite begins the log anew only when all of it is copied at a moment when nobody writes,
        and under load that moment does not come by itself. So once the log is long, writers are
        held up for the moment that the rest takes: all but that was copied beside them.
        """
        with suppress(sqlite3.DatabaseError), closing(_connection(self._path)) as connection:
            frames, copied = _copied(connection, "PASSIVE")
            page = connection.execute("PRAGMA page_size").fetchone()[0]
            for _ in range(RESTART_TRIES):
                if frames * page < RESTART_BYTES:
                    return
                if frames - copied > RESTART_FRAMES:
                    frames, copied = _copied(connection, "PASSIVE")
                length = os.fstat(self._file).st_size
                mode = "TRUNCATE" if length > LARGEST_LOG_BYTES else "RESTART"
                with suppress(sqlite3.OperationalError):  # somebody reads or writes right now
                    frames, copied = _copied(connection, mode)
                    if frames == copied:
                        return
                sleep(RETRY_SECONDS)


def _copied(connection: sqlite3.Connection, mode: str) -> tuple[int, int]:
    """Checkpoint; the frames in the log, and how many of them are in the file. Raises when busy."""
    busy, frames, copied = connection.execute(f"PRAGMA wal_checkpoint({mode})").fetchone()
    if busy and mode != "PASSIVE":
        raise sqlite3.OperationalError("the log is in use")
    return frames, copied


def _connection(path: Path) -> sqlite3.Connection:
    """Without a timeout: SQLite would sleep, and with it everything else."""
    return sqlite3.connect(
        path, timeout=0, isolation_level=None, check_same_thread=False, cached_statements=64
    )


def _is_busy(error: Exception) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY


def _nothing(cursor: sqlite3.Cursor) -> None:
    """Only begins and commits."""


def _translated(error: Exception) -> Exception:
    """Unavailable for what the file or its disk does; a bug stays what it is."""
    if isinstance(error, sqlite3.DatabaseError | OSError) and not isinstance(
        error, sqlite3.ProgrammingError | sqlite3.IntegrityError
    ):
        if isinstance(error, OSError):
            file = Path(error.filename or "").name or "the disk"
            return Unavailable(f"{file}: {error.strerror}; look at the folder of FABRIC_DATA_DIR")
        return Unavailable(f"SQLite: {error}")
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


def _fail(jobs: Sequence[_Job], error: Exception) -> None:
    for job in jobs:
        job.error = error
    _settle(jobs)


def _settle(jobs: Sequence[_Job]) -> None:
    for job in jobs:
        if job.future.done() or job.loop.is_closed():
            continue
        if job.error is not None:
            job.future.set_exception(job.error)
        else:
            job.future.set_result(job.result)
