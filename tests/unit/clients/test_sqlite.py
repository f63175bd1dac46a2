"""The file under the embedded store and bus: group commit, and durable or not."""

import asyncio
import errno
import os
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path

import pytest

from shared.clients import sqlite_file
from shared.clients.sqlite_file import Database
from shared.errors import Conflict, Unavailable

SCHEMA = "CREATE TABLE IF NOT EXISTS number (n INTEGER PRIMARY KEY);"


class Disk:
    """An fsync that remembers how much of the log it brought to the disk each time."""

    def __init__(self) -> None:
        self.synced: list[int] = []

    def fsync(self, file: int) -> None:
        self.synced.append(os.fstat(file).st_size)
        os.fsync(file)


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
async def database(tmp_path: Path, disk: Disk) -> AsyncIterator[Database]:
    path = tmp_path / "deep" / "down" / "numbers.db"
    database = Database(path, SCHEMA, patience=0.5, fsync=disk.fsync)
    yield database
    await database.close()


def insert(n: int, error: Exception | None = None) -> Callable[[sqlite3.Cursor], int]:
    def work(cursor: sqlite3.Cursor) -> int:
        cursor.execute("INSERT INTO number VALUES (?)", (n,))
        if error:
            raise error
        return n

    return work


async def fill(database: Database, first: int, count: int) -> None:
    """As a process under load does: many at once, without a pause, and somebody reads."""
    for start in range(first, first + count, 20):
        writes = [database.write(insert(n)) for n in range(start, start + 20)]
        await asyncio.gather(*writes, database.read("SELECT count(*) FROM number"))


def log_size(database: Database) -> int:
    return Path(f"{database.path}-wal").stat().st_size


async def numbers(database: Database) -> list[int]:
    return [n for (n,) in await database.read("SELECT n FROM number ORDER BY n")]


async def test_nothing_is_opened_before_it_is_used(database: Database) -> None:
    assert not database.path.parent.exists()

    assert await database.write(insert(1)) == 1

    assert await numbers(database) == [1]


async def test_writes_that_wait_together_are_one_transaction(database: Database) -> None:
    await database.write(insert(0))
    stranger = sqlite3.connect(database.path)
    [(before,)] = stranger.execute("PRAGMA data_version")

    await asyncio.gather(*(database.write(insert(n)) for n in range(1, 50)))

    [(after,)] = stranger.execute("PRAGMA data_version")
    stranger.close()
    assert after - before == 1
    assert await numbers(database) == list(range(50))


async def test_a_write_that_raises_undoes_itself_alone(database: Database) -> None:
    writes = [insert(n, (Conflict("x"), ValueError("bug"), None)[n % 3]) for n in range(30)]

    results = await asyncio.gather(*map(database.write, writes), return_exceptions=True)

    assert [type(result) for result in results[:3]] == [Conflict, ValueError, int]
    assert await numbers(database) == list(range(2, 30, 3))


async def test_a_write_may_read_first_whoever_else_writes(database: Database) -> None:
    other = Database(database.path, SCHEMA)

    def append(cursor: sqlite3.Cursor) -> None:
        [(last,)] = cursor.execute("SELECT ifnull(max(n), -1) FROM number").fetchall()
        cursor.execute("INSERT INTO number VALUES (?)", (last + 1,))

    async def append_often(mine: Database) -> None:
        for _ in range(50):
            await mine.write(append)

    await asyncio.gather(append_often(database), append_often(other))
    assert await numbers(database) == list(range(100))
    await other.close()


async def test_a_durable_write_returns_once_the_log_is_on_the_disk(
    database: Database, disk: Disk
) -> None:
    await database.write(insert(1))
    assert disk.synced == [log_size(database)]

    await database.write(insert(2), durable=False)
    assert len(disk.synced) == 1

    await database.write(insert(3))
    assert disk.synced[1:] == [log_size(database)]


async def test_durable_writes_that_wait_together_share_an_fsync(
    database: Database, disk: Disk
) -> None:
    await asyncio.gather(*(database.write(insert(n)) for n in range(50)))

    assert len(disk.synced) < 10


async def test_others_may_write_while_the_log_goes_to_the_disk(database: Database) -> None:
    await database.write(insert(1))
    release = threading.Event()

    def wait(_: int) -> None:
        release.wait(10)

    other = Database(database.path, SCHEMA, fsync=wait)
    waiting = asyncio.create_task(other.write(insert(2)))
    while await numbers(database) != [1, 2]:  # noqa: ASYNC110 -- it comes from elsewhere
        await asyncio.sleep(0.001)

    await database.write(insert(3))

    assert not waiting.done()
    release.set()
    await waiting
    await other.close()


async def test_a_durable_write_does_not_wait_until_the_log_is_copied(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_file, "CHECKPOINT_COMMITS", 1)
    monkeypatch.setattr(sqlite_file, "RESTART_BYTES", 0)
    monkeypatch.setattr(sqlite_file, "RESTART_TRIES", 1_000_000)
    await database.write(insert(0))
    with closing(sqlite3.connect(database.path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM number").fetchall()

        await asyncio.wait_for(fill(database, 1, 40), 20)

    assert await database.read("SELECT count(*) FROM number") == [(41,)]


async def test_a_disk_that_fails_is_unavailable(tmp_path: Path) -> None:
    def fail(_: int) -> None:
        raise OSError(errno.EIO, "I/O error")

    database = Database(tmp_path / "numbers.db", SCHEMA, fsync=fail)

    with pytest.raises(Unavailable):
        await database.write(insert(1))
    await database.close()


async def test_normal_by_setting_never_waits_for_the_disk(tmp_path: Path, disk: Disk) -> None:
    path = tmp_path / "numbers.db"
    database = Database(path, SCHEMA, synchronous="NORMAL", fsync=disk.fsync)

    await database.write(insert(1))

    assert disk.synced == []
    await database.close()


async def test_the_log_starts_over_while_the_file_is_in_use(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_file, "CHECKPOINT_COMMITS", 10)
    largest, unchanged, n = 0, 0, 0
    while unchanged < 100:  # one that never starts over grows with every write
        assert n < 20_000
        await database.write(insert(n), durable=n % 5 == 0)
        n, size = n + 1, log_size(database)
        largest, unchanged = max(size, largest), 0 if size > largest else unchanged + 1


async def test_a_locked_file_is_unavailable_until_it_is_free(database: Database) -> None:
    await database.write(insert(1))
    other = sqlite3.connect(database.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(Unavailable):
        await database.write(insert(2))
    assert "locked" in await database.check()
    assert await numbers(database) == [1]

    other.execute("ROLLBACK")
    other.close()
    await database.write(insert(2))
    assert await database.check() == ""


async def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    path = tmp_path / "numbers.db"
    path.write_bytes(b"something else " * 100)
    database = Database(path, SCHEMA)

    with pytest.raises(Unavailable):
        await database.read("SELECT 1")
    assert "not a database" in await database.check()
    await database.close()


async def test_a_folder_that_cannot_be_made_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    database = Database(tmp_path / "file" / "numbers.db", SCHEMA)

    with pytest.raises(Unavailable):
        await database.write(insert(1))
    await database.close()


async def test_a_cancelled_wait_hurts_nobody(database: Database) -> None:
    tasks = [asyncio.create_task(database.write(insert(n))) for n in range(10)]
    await asyncio.sleep(0)
    tasks[3].cancel()

    results = await asyncio.gather(*tasks, return_exceptions=True)

    assert isinstance(results[3], asyncio.CancelledError)
    assert [r for r in results if isinstance(r, int)] == [0, 1, 2, 4, 5, 6, 7, 8, 9]


def test_event_loops_may_follow_each_other(tmp_path: Path) -> None:
    database = Database(tmp_path / "numbers.db", SCHEMA)

    for n in range(3):
        assert asyncio.run(database.write(insert(n))) == n
    assert asyncio.run(numbers(database)) == [0, 1, 2]
    asyncio.run(database.close())
    assert asyncio.run(database.write(insert(3))) == 3
    asyncio.run(database.close())


def test_a_loop_that_ended_in_the_middle_takes_no_write_with_it(tmp_path: Path) -> None:
    database = Database(tmp_path / "numbers.db", SCHEMA)
    asyncio.run(database.write(insert(1)))

    async def leave() -> None:
        write = asyncio.create_task(database.write(insert(2)))
        await asyncio.sleep(0)
        assert not write.done()

    asyncio.run(leave())
    asyncio.run(database.write(insert(3)))
    assert asyncio.run(numbers(database)) == [1, 2, 3]
    asyncio.run(database.close())


async def test_the_log_starts_over_under_a_load_that_never_pauses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two connections, as two processes would have them: neither alone sees the other pause."""
    monkeypatch.setattr(sqlite_file, "RESTART_BYTES", 2**20)
    one, two = (Database(tmp_path / "numbers.db", SCHEMA) for _ in range(2))
    largest = 0
    for round in range(40):
        first = round * 1_000
        await asyncio.gather(fill(one, first, 400), fill(two, first + 500, 400))
        largest = max(largest, log_size(one))
    written = await one.read("SELECT count(*) FROM number")
    await one.close()
    await two.close()

    assert written == [(32_000,)]
    assert largest < 6 * 2**20


async def test_a_log_that_grew_too_long_is_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_file, "RESTART_BYTES", 2**30)
    database = Database(tmp_path / "numbers.db", SCHEMA)
    await fill(database, 0, 4_000)
    grown = log_size(database)
    monkeypatch.setattr(sqlite_file, "RESTART_BYTES", 2**16)
    monkeypatch.setattr(sqlite_file, "LARGEST_LOG_BYTES", 2**17)
    n = 10_000
    async with asyncio.timeout(20):
        while log_size(database) >= grown:
            await fill(database, n, 400)
            n += 400
    await database.close()

    assert grown > 2**17


async def test_a_folder_that_is_a_file_is_named_with_the_setting(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("no folder")
    database = Database(tmp_path / "data" / "numbers.db", SCHEMA, patience=0.5)

    with pytest.raises(Unavailable, match=r"data: .*FABRIC_DATA_DIR"):
        await database.write(lambda cursor: None)
