"""The tables of the embedded bus and what happens to a message in them, in SQL.

The first message of each session is READY to be delivered, HELD by an owner, or DELAYED after a
failure. The others wait behind it and are in none of these, which makes sessions first in, first
out, one consumer at a time. A message is written once; what changes are rows of a few bytes.
What is held has no index by time: it is as many rows as there are messages being worked.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from math import ceil
from sqlite3 import Cursor
from time import time

from shared import wire
from shared.errors import Conflict
from shared.ports.bus import Delivery
from shared.queues import DEAD_LETTERS

DEAD_FOR_GOOD = f"{DEAD_LETTERS}/$deadletterqueue"
"""Where a dead letter goes that could not be handled either; nothing receives from it."""

TRIED_TOO_OFTEN = "MaxDeliveryCountExceeded"
PORTION = 500
"""Scheduled messages that one transaction activates at most."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS message (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    queue TEXT NOT NULL,
    session TEXT NOT NULL,
    id TEXT NOT NULL,
    enqueued_at REAL NOT NULL,
    properties TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS message_session ON message (queue, session);
CREATE TABLE IF NOT EXISTS ready (
    queue TEXT NOT NULL,
    seq INTEGER NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (queue, seq)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS held (
    seq INTEGER PRIMARY KEY,
    queue TEXT NOT NULL,
    count INTEGER NOT NULL,
    owner TEXT NOT NULL,
    until REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS delayed (
    seq INTEGER PRIMARY KEY,
    queue TEXT NOT NULL,
    count INTEGER NOT NULL,
    until REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS delayed_until ON delayed (until);
CREATE TABLE IF NOT EXISTS scheduled (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    due REAL NOT NULL,
    queue TEXT NOT NULL,
    session TEXT NOT NULL,
    id TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS scheduled_due ON scheduled (due);
CREATE TABLE IF NOT EXISTS seen (
    digest INTEGER PRIMARY KEY,
    expires INTEGER NOT NULL
);
"""

READY_QUEUES = """
WITH RECURSIVE found (queue) AS (
    SELECT min(queue) FROM ready
    UNION ALL
    SELECT (SELECT min(queue) FROM ready WHERE queue > found.queue)
    FROM found WHERE found.queue IS NOT NULL
)
SELECT queue FROM found WHERE queue IS NOT NULL
"""
"""Jumps from queue to queue in the index, however many messages each holds."""

DUE_QUEUES = """
SELECT queue FROM scheduled WHERE due <= ?
UNION SELECT queue FROM held WHERE until <= ?
UNION SELECT queue FROM delayed WHERE until <= ?
"""
OUTLOOK = """
SELECT (SELECT min(due) FROM scheduled WHERE due > ?),
    (SELECT min(until) FROM held WHERE until > ?),
    (SELECT min(until) FROM delayed WHERE until > ?)
"""
OWNERS = "SELECT DISTINCT owner FROM held WHERE owner <> ?"
COUNTS = """
SELECT queue, count(*), 0, 0 FROM message GROUP BY queue
UNION ALL SELECT queue, -count(*), count(*), 0 FROM held GROUP BY queue
UNION ALL SELECT queue, 0, 0, count(*) FROM scheduled GROUP BY queue
"""

_SEEN = """
INSERT INTO seen (digest, expires) VALUES (?, ?)
ON CONFLICT DO UPDATE SET expires = excluded.expires WHERE expires <= ?
"""
_WALK = "SELECT digest FROM seen WHERE digest > ? ORDER BY digest LIMIT 1 OFFSET ?"
_FIRST, _LAST = -(2**63), 2**63 - 1
_FORGET = "DELETE FROM seen WHERE digest > ? AND digest <= ? AND expires <= ?"
_ENQUEUE = """
INSERT INTO message (queue, session, id, body, properties, enqueued_at) VALUES (?, ?, ?, ?, ?, ?)
"""
_ENQUEUED = """
INSERT INTO ready (queue, seq, count)
SELECT queue, seq, 0 FROM message AS new
WHERE seq > last_insert_rowid() - ? AND NOT EXISTS (
    SELECT 1 FROM message WHERE queue = new.queue AND session = new.session AND seq < new.seq
)
"""
_SCHEDULE = "INSERT INTO scheduled (queue, session, id, body, due) VALUES (?, ?, ?, ?, ?)"
_DUE = """
SELECT number, queue, session, id, body FROM scheduled WHERE due <= ? ORDER BY due, number LIMIT ?
"""
_READY = """
SELECT seq, session, id, body, count + 1, enqueued_at, properties
FROM ready JOIN message USING (seq) WHERE ready.queue = ? ORDER BY seq LIMIT ?
"""
_LOCK = """
INSERT INTO held (seq, queue, count, owner, until)
SELECT seq, queue, count + 1, ?, ? FROM ready WHERE queue = ? AND seq <= ?
"""
_LOCKED = "DELETE FROM ready WHERE queue = ? AND seq <= ?"
_LAPSED = """
SELECT seq, queue, count FROM held WHERE until <= ?
UNION ALL SELECT seq, queue, count FROM delayed WHERE until <= ?
"""
_DELAY = "INSERT INTO delayed (seq, queue, count, until) VALUES (?, ?, ?, ?)"
_HOLD = "UPDATE held SET until = ? WHERE seq = ? AND count = ? AND owner = ? AND until > ?"
_LET_GO = "DELETE FROM held WHERE seq = ? AND count = ? AND owner = ? AND until > ?"
_NEXT = """
INSERT INTO ready (queue, seq, count)
SELECT queue, min(seq), 0 FROM message WHERE queue = ? AND session = ? HAVING min(seq) NOT NULL
"""
_MAKE_READY = "INSERT INTO ready (queue, seq, count) VALUES (?, ?, ?)"
_REMOVE = "DELETE FROM message WHERE seq = ?"


@dataclass(slots=True)
class Message:
    """One on its way into a queue."""

    queue: str
    session: str
    id: str
    body: str
    properties: dict[str, str] = field(default_factory=dict)


def digest(queue: str, id: str) -> int:
    """What is remembered of an id, in 64 bits: each of a day is kept, on few pages.

    Another id of the same digest would count as a copy. Among a million a day, that is one
    message in twenty trillion.
    """
    return int.from_bytes(blake2b(f"{queue}\n{id}".encode(), digest_size=8).digest(), signed=True)


def new(cursor: Cursor, batch: Sequence[Message], window: float) -> list[Message]:
    """Those whose queue has not seen their id within `window` seconds; from now on it has."""
    now = int(time())
    expires = now + ceil(window)
    return [
        message
        for message in batch
        if cursor.execute(_SEEN, (digest(message.queue, message.id), expires, now)).rowcount
    ]


def forget(cursor: Cursor, place: int, portion: int) -> int:
    """Remove ids whose window is over among the `portion` after `place`; where that ended.

    Ids are walked through again and again: an index by time would cost each send more.
    """
    found = cursor.execute(_WALK, (place, portion)).fetchone()
    end = found[0] if found else _LAST
    cursor.execute(_FORGET, (place, end, time()))
    return end if found else _FIRST


def enqueue(cursor: Cursor, *messages: Message) -> None:
    """Put them in; those that nothing of their session waits before are ready."""
    now = time()
    cursor.executemany(
        _ENQUEUE,
        [
            (
                m.queue,
                m.session,
                m.id,
                m.body,
                wire.dumps(m.properties) if m.properties else "",
                now,
            )
            for m in messages
        ],
    )
    cursor.execute(_ENQUEUED, (len(messages),))


def schedule(cursor: Cursor, message: Message, due: float) -> None:
    cursor.execute(_SCHEDULE, (message.queue, message.session, message.id, message.body, due))


def activate(cursor: Cursor) -> int:
    """Enqueue what was scheduled for now or earlier; how many."""
    rows = cursor.execute(_DUE, (time(), PORTION)).fetchall()
    if rows:
        enqueue(cursor, *(Message(*message) for _, *message in rows))
        numbers = [(number,) for number, *_ in rows]
        cursor.executemany("DELETE FROM scheduled WHERE number = ?", numbers)
    return len(rows)


def release(cursor: Cursor, dead: list[str], most: int) -> int:
    """End the locks that ran out and those of dead owners; how many. `most` deliveries."""
    for owner in dead:
        cursor.execute("UPDATE held SET until = 0 WHERE owner = ?", (owner,))
    now = time()
    rows = cursor.execute(_LAPSED, (now, now)).fetchall()
    for seq, queue, count in rows:
        cursor.execute("DELETE FROM held WHERE seq = ?", (seq,))
        cursor.execute("DELETE FROM delayed WHERE seq = ?", (seq,))
        _ready_again(cursor, seq, queue, count, most)
    return len(rows)


def lock(cursor: Cursor, queue: str, limit: int, owner: str, seconds: float) -> list[Delivery]:
    """Hold the heads of up to `limit` sessions, the oldest first."""
    until = time() + seconds
    rows = cursor.execute(_READY, (queue, limit)).fetchall()
    if rows:
        last = rows[-1][0]
        cursor.execute(_LOCK, (owner, until, queue, last))
        cursor.execute(_LOCKED, (queue, last))
    return [
        Delivery(
            queue,
            id,
            session,
            body,
            count,
            f"{seq}.{count}.{owner}",
            until,
            enqueued_at,
            wire.loads(properties) if properties else {},
        )
        for seq, session, id, body, count, enqueued_at, properties in rows
    ]


def hold(cursor: Cursor, delivery: Delivery, seconds: float) -> None:
    """Keep it locked for `seconds` from now. Raises Conflict when the lock is lost."""
    now = time()
    if cursor.execute(_HOLD, (now + seconds, *_key(delivery), now)).rowcount != 1:
        raise Conflict(delivery.id)


def complete(cursor: Cursor, *deliveries: Delivery) -> bool:
    """Remove them; whether others of their sessions are ready now."""
    seqs = _let_go(cursor, *deliveries)
    return _remove(cursor, seqs, [(delivery.queue, delivery.session) for delivery in deliveries])


def abandon(cursor: Cursor, delivery: Delivery, delay: float, most: int) -> None:
    """Give it back: it stays the head of its session, which waits for `delay` seconds."""
    [seq] = _let_go(cursor, delivery)
    if delay > 0 and delivery.count < most:
        cursor.execute(_DELAY, (seq, delivery.queue, delivery.count, time() + delay))
    else:
        _ready_again(cursor, seq, delivery.queue, delivery.count, most)


def bury(cursor: Cursor, delivery: Delivery, reason: str, description: str) -> None:
    """Move it to the dead letters, with the reason."""
    [seq] = _let_go(cursor, delivery)
    _bury(cursor, seq, reason, description)


def _key(delivery: Delivery) -> tuple[int, int, str]:
    seq, count, owner = delivery.token.split(".", 2)
    return int(seq), int(count), owner


def _let_go(cursor: Cursor, *deliveries: Delivery) -> list[int]:
    """End the locks; the `seq` of each message. Raises Conflict when one is lost."""
    now, keys = time(), [_key(delivery) for delivery in deliveries]
    cursor.executemany(_LET_GO, [(*key, now) for key in keys])
    if cursor.rowcount != len(keys):
        raise Conflict(" ".join(delivery.id for delivery in deliveries))
    return [seq for seq, _, _ in keys]


def _remove(cursor: Cursor, seqs: list[int], sessions: Collection[tuple[str, str]]) -> bool:
    """Remove the heads of sessions; whether any of these has another one, ready now."""
    cursor.executemany(_REMOVE, [(seq,) for seq in seqs])
    return cursor.executemany(_NEXT, sessions).rowcount > 0


def _ready_again(cursor: Cursor, seq: int, queue: str, count: int, most: int) -> None:
    if count >= most:
        _bury(cursor, seq, TRIED_TOO_OFTEN, f"delivered {count} times")
    else:
        cursor.execute(_MAKE_READY, (queue, seq, count))


def _bury(cursor: Cursor, seq: int, reason: str, description: str) -> None:
    [(queue, session, id, body)] = cursor.execute(
        "SELECT queue, session, id, body FROM message WHERE seq = ?", (seq,)
    ).fetchall()
    _remove(cursor, [seq], [(queue, session)])
    properties = {"DeadLetterReason": reason, "DeadLetterSource": queue}
    if description:
        properties["DeadLetterErrorDescription"] = description
    target = DEAD_FOR_GOOD if queue.startswith(DEAD_LETTERS) else DEAD_LETTERS
    enqueue(cursor, Message(target, session, id, body, properties))
