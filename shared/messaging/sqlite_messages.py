"""The tables of the embedded bus and what happens to a message in them, in SQL.

A message is WAITING behind the head of its session (state 0), READY to be delivered (1) or HELD
(2): locked by an owner, or abandoned with a delay and owned by nobody. Only the head of a
session is ever READY or HELD, which makes sessions first in, first out, one consumer at a time.
"""

import json
from dataclasses import dataclass, field
from sqlite3 import Cursor
from time import time

from shared.errors import Conflict
from shared.ports import Delivery

DEAD_LETTERS = "dead-letters"
DEAD_FOR_GOOD = f"{DEAD_LETTERS}/$deadletterqueue"
"""Where a dead letter goes that could not be handled either; nothing receives from it."""

TRIED_TOO_OFTEN = "MaxDeliveryCountExceeded"
PORTION = 500
"""Rows that one transaction activates or forgets at most."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS message (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    queue TEXT NOT NULL,
    session TEXT NOT NULL,
    id TEXT NOT NULL,
    state INTEGER NOT NULL,
    count INTEGER NOT NULL DEFAULT 0,
    owner TEXT NOT NULL DEFAULT '',
    held_until REAL NOT NULL DEFAULT 0,
    enqueued_at REAL NOT NULL,
    properties TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS message_session ON message (queue, session);
CREATE INDEX IF NOT EXISTS message_ready ON message (queue) WHERE state = 1;
CREATE INDEX IF NOT EXISTS message_held ON message (held_until) WHERE state = 2;
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
    queue TEXT NOT NULL,
    id TEXT NOT NULL,
    expires REAL NOT NULL,
    PRIMARY KEY (queue, id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS seen_expires ON seen (expires);
"""

READY_QUEUES = """
WITH RECURSIVE found (queue) AS (
    SELECT min(queue) FROM message INDEXED BY message_ready WHERE state = 1
    UNION ALL
    SELECT (SELECT min(queue) FROM message INDEXED BY message_ready
            WHERE state = 1 AND queue > found.queue)
    FROM found WHERE found.queue IS NOT NULL
)
SELECT queue FROM found WHERE queue IS NOT NULL
"""
"""Jumps from queue to queue in the index, however many messages each holds."""

DUE_QUEUES = """
SELECT queue FROM scheduled WHERE due <= ?
UNION SELECT queue FROM message INDEXED BY message_held WHERE state = 2 AND held_until <= ?
"""
OUTLOOK = """
SELECT (SELECT min(due) FROM scheduled),
    (SELECT min(held_until) FROM message INDEXED BY message_held WHERE state = 2)
"""
OWNERS = """
SELECT DISTINCT owner FROM message INDEXED BY message_held
WHERE state = 2 AND owner NOT IN ('', ?)
"""
COUNTS = """
SELECT queue, sum(owner = ''), sum(owner <> ''), 0 FROM message GROUP BY queue
UNION ALL SELECT queue, 0, 0, count(*) FROM scheduled GROUP BY queue
"""

_SEEN = """
INSERT INTO seen (queue, id, expires) VALUES (?, ?, ?)
ON CONFLICT DO UPDATE SET expires = excluded.expires WHERE expires <= ?
"""
_FORGET = """
DELETE FROM seen WHERE (queue, id) IN
(SELECT queue, id FROM seen WHERE expires <= ? ORDER BY expires LIMIT ?)
"""
_ENQUEUE = """
INSERT INTO message (queue, session, id, body, properties, enqueued_at, state)
SELECT ?, ?, ?, ?, ?, ?, NOT EXISTS (SELECT 1 FROM message WHERE queue = ? AND session = ?)
"""
_SCHEDULE = "INSERT INTO scheduled (queue, session, id, body, due) VALUES (?, ?, ?, ?, ?)"
_DUE = """
SELECT number, queue, session, id, body FROM scheduled WHERE due <= ? ORDER BY due, number LIMIT ?
"""
_LOCK = """
UPDATE message SET state = 2, count = count + 1, owner = ?, held_until = ?
WHERE seq IN (SELECT seq FROM message WHERE queue = ? AND state = 1 ORDER BY seq LIMIT ?)
RETURNING seq, session, id, body, count, enqueued_at, properties
"""
_HOLD = """
UPDATE message SET held_until = ?
WHERE seq = ? AND count = ? AND owner = ? AND state = 2 AND held_until > ?
"""
_COMPLETE = """
DELETE FROM message
WHERE seq = ? AND count = ? AND owner = ? AND state = 2 AND held_until > ?
"""
_NEXT = """
UPDATE message SET state = 1
WHERE seq = (SELECT min(seq) FROM message WHERE queue = ? AND session = ?)
"""
_DISOWN = "UPDATE message SET owner = '' WHERE seq = ?"
_READY = "UPDATE message SET state = 1, owner = '' WHERE seq = ?"
_REMOVE = "DELETE FROM message WHERE seq = ? RETURNING queue, session, id, body"


@dataclass(slots=True)
class Message:
    """One on its way into a queue."""

    queue: str
    session: str
    id: str
    body: str
    properties: dict[str, str] = field(default_factory=dict)


def is_new(cursor: Cursor, message: Message, window: float) -> bool:
    """Whether its queue has not seen its id within `window` seconds; from now on it has."""
    now = time()
    cursor.execute(_SEEN, (message.queue, message.id, now + window, now))
    return cursor.rowcount == 1


def forget(cursor: Cursor) -> None:
    """Remove ids whose window is over."""
    cursor.execute(_FORGET, (time(), PORTION))


def enqueue(cursor: Cursor, message: Message) -> None:
    m, properties = message, json.dumps(message.properties) if message.properties else ""
    row = (m.queue, m.session, m.id, m.body, properties, time(), m.queue, m.session)
    cursor.execute(_ENQUEUE, row)


def schedule(cursor: Cursor, message: Message, due: float) -> None:
    cursor.execute(_SCHEDULE, (message.queue, message.session, message.id, message.body, due))


def activate(cursor: Cursor) -> int:
    """Enqueue what was scheduled for now or earlier; how many."""
    rows = cursor.execute(_DUE, (time(), PORTION)).fetchall()
    for number, *message in rows:
        enqueue(cursor, Message(*message))
        cursor.execute("DELETE FROM scheduled WHERE number = ?", (number,))
    return len(rows)


def release(cursor: Cursor, dead: list[str], most: int) -> int:
    """End the locks that ran out and those of dead owners; how many. `most` deliveries."""
    for owner in dead:
        cursor.execute("UPDATE message SET held_until = 0 WHERE state = 2 AND owner = ?", (owner,))
    rows = cursor.execute(
        "SELECT seq, count FROM message WHERE state = 2 AND held_until <= ?", (time(),)
    ).fetchall()
    for seq, count in rows:
        _ready_again(cursor, seq, count, most)
    return len(rows)


def lock(cursor: Cursor, queue: str, limit: int, owner: str, seconds: float) -> list[Delivery]:
    """Hold the heads of up to `limit` sessions, the oldest first."""
    until = time() + seconds
    rows = cursor.execute(_LOCK, (owner, until, queue, limit)).fetchall()
    rows.sort()
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
            json.loads(properties) if properties else {},
        )
        for seq, session, id, body, count, enqueued_at, properties in rows
    ]


def hold(cursor: Cursor, delivery: Delivery, seconds: float) -> int:
    """Keep it locked for `seconds` from now; its `seq`. Raises Conflict when the lock is lost."""
    now, key = time(), _key(delivery)
    if cursor.execute(_HOLD, (now + seconds, *key, now)).rowcount != 1:
        raise Conflict(delivery.id)
    return key[0]


def complete(cursor: Cursor, delivery: Delivery) -> bool:
    """Remove it; whether another of its session is ready now."""
    if cursor.execute(_COMPLETE, (*_key(delivery), time())).rowcount != 1:
        raise Conflict(delivery.id)
    return cursor.execute(_NEXT, (delivery.queue, delivery.session)).rowcount == 1


def abandon(cursor: Cursor, delivery: Delivery, delay: float, most: int) -> None:
    """Give it back: it stays the head of its session, which waits for `delay` seconds."""
    seq = hold(cursor, delivery, delay)
    if delay > 0 and delivery.count < most:
        cursor.execute(_DISOWN, (seq,))
    else:
        _ready_again(cursor, seq, delivery.count, most)


def bury(cursor: Cursor, delivery: Delivery, reason: str, description: str) -> None:
    """Move it to the dead letters, with the reason."""
    _bury(cursor, hold(cursor, delivery, 0), reason, description)


def _key(delivery: Delivery) -> tuple[int, int, str]:
    seq, count, owner = delivery.token.split(".", 2)
    return int(seq), int(count), owner


def _ready_again(cursor: Cursor, seq: int, count: int, most: int) -> None:
    if count >= most:
        _bury(cursor, seq, TRIED_TOO_OFTEN, f"delivered {count} times")
    else:
        cursor.execute(_READY, (seq,))


def _bury(cursor: Cursor, seq: int, reason: str, description: str) -> None:
    [(queue, session, id, body)] = cursor.execute(_REMOVE, (seq,)).fetchall()
    cursor.execute(_NEXT, (queue, session))
    properties = {"DeadLetterReason": reason, "DeadLetterSource": queue}
    if description:
        properties["DeadLetterErrorDescription"] = description
    target = DEAD_FOR_GOOD if queue.startswith(DEAD_LETTERS) else DEAD_LETTERS
    enqueue(cursor, Message(target, session, id, body, properties))
