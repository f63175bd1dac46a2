"""Spans kept in a file of the data folder, for `botfabric trace` where no cloud collects them.

A thread writes what has ended, several at a time, so that a turn never waits for it; when it
cannot keep up or the file is taken, spans are left out and counted.
"""

import sqlite3
import threading
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from queue import Empty, Full, Queue
from time import time
from typing import Any

from shared import wire
from shared.observability import conventions as names
from shared.observability.trace import Span

KEPT_DAYS = 14
MAX_WAITING = 10_000
MAX_BATCH = 500
BATCH_SECONDS = 0.2
"""How long a span may wait for others to be written with it."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS span (
    trace TEXT NOT NULL, id TEXT NOT NULL, parent TEXT NOT NULL, name TEXT NOT NULL,
    started REAL NOT NULL, seconds REAL NOT NULL, error TEXT NOT NULL,
    conversation TEXT NOT NULL, message TEXT NOT NULL, attributes TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS span_trace ON span (trace);
CREATE INDEX IF NOT EXISTS span_conversation ON span (conversation, started);
CREATE INDEX IF NOT EXISTS span_message ON span (message) WHERE message <> '';
CREATE INDEX IF NOT EXISTS span_started ON span (started);
"""


class SpanFile:
    """An exporter. `left_out` counts the spans that are missing in the file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.left_out = 0
        self._waiting: Queue[Span | None] = Queue(MAX_WAITING)
        self._thread = threading.Thread(target=self._run, name="spans", daemon=True)
        self._thread.start()

    def __call__(self, span: Span) -> None:
        try:
            self._waiting.put_nowait(span)
        except Full:
            self.left_out += 1

    def close(self) -> None:
        """Write what waits, and end."""
        self._waiting.put(None)
        self._thread.join(timeout=5)

    def _run(self) -> None:
        while (span := self._waiting.get()) is not None:
            batch = [span]
            while len(batch) < MAX_BATCH:
                try:
                    another = self._waiting.get(timeout=BATCH_SECONDS)
                except Empty:
                    break
                if another is None:
                    self._write(batch)
                    return
                batch.append(another)
            self._write(batch)

    def _write(self, batch: Sequence[Span]) -> None:
        if not batch:
            return
        try:
            with closing(_open(self.path)) as connection, connection:
                connection.executemany(
                    "INSERT INTO span VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", map(_row, batch)
                )
                connection.execute(
                    "DELETE FROM span WHERE started < ?", (time() - KEPT_DAYS * 86_400,)
                )
        except (sqlite3.Error, OSError):
            self.left_out += len(batch)


def read_spans(path: Path, wanted: str) -> list[Span]:
    """Every span of the traces that `wanted` names: a trace id, an event id or a conversation.

    In the order they began; none when nothing is known of it.
    """
    if not path.exists():
        return []
    with closing(_open(path)) as connection:
        found = connection.execute(
            "SELECT DISTINCT trace FROM span WHERE trace = ?1 OR message = ?1 OR conversation = ?1",
            (wanted,),
        ).fetchall()
        rows = [
            row
            for (trace,) in found
            for row in connection.execute(
                "SELECT trace, id, parent, name, started, seconds, error, attributes FROM span "
                "WHERE trace = ?",
                (trace,),
            )
        ]
    spans = [_span(row) for row in rows]
    return sorted(spans, key=lambda span: span.started)


def _open(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=5, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = OFF")
    connection.executescript(_SCHEMA)
    return connection


def _span(row: tuple[Any, ...]) -> Span:
    trace, id, parent, name, started, seconds, error, attributes = row
    return Span(trace, id, parent, name, started, seconds, error, wire.loads(attributes))


def _row(span: Span) -> tuple[object, ...]:
    attributes = span.attributes
    return (
        *(span.trace_id, span.span_id, span.parent_id, span.name),
        *(span.started, span.seconds, span.error),
        *(attributes.get(names.CONVERSATION, ""), attributes.get(names.MESSAGE_ID, "")),
        wire.dumps(attributes),
    )
