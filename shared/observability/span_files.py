"""Spans kept in files of the data folder, for `botfabric trace` where no cloud collects them.

A file for each day, a span a line. A thread writes what has ended, several at a time, so that a
turn never waits for it; when it cannot keep up or the folder is taken, spans are left out and
counted. Any number of processes write to one folder: a batch is one append.
"""

import os
import threading
from collections import deque
from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import sleep
from typing import Any

from shared import wire
from shared.observability import conventions as names
from shared.observability.trace import Span

KEPT_DAYS = 14
MAX_WAITING_SPANS = 10_000
BATCH_SECONDS = 0.2
"""How long a span may wait for others to be written with it."""

PORTION_SPANS, PORTION_PAUSE_SECONDS = 32, 0.0005
"""Spans that are written at a stretch, and the pause for those who wait for the interpreter: an
acknowledgement that met hundreds of them waited for a millisecond."""

SUFFIX = ".ndjson"

MOST_SEARCHED = 8
"""Ids that are searched for in the text of a line; with more, each line is parsed."""


class SpanFiles:
    """An exporter. `left_out` counts the spans that are missing in the files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.left_out = 0
        self._waiting: deque[Span] = deque()
        self._closing = threading.Event()
        self._day, self._descriptor = "", -1
        self._torn = False
        self._thread = threading.Thread(target=self._run, name="spans", daemon=True)
        self._thread.start()

    def __call__(self, span: Span) -> None:
        if len(self._waiting) < MAX_WAITING_SPANS:
            self._waiting.append(span)
        else:
            self.left_out += 1

    def close(self) -> None:
        """Write what waits, and end."""
        self._closing.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        while not self._closing.wait(BATCH_SECONDS):
            self._write_waiting()
        self._write_waiting()
        self._let_go()

    def _write_waiting(self) -> None:
        while count := min(len(self._waiting), PORTION_SPANS):
            lines = [wire.dumps(self._waiting.popleft()) for _ in range(count)]
            try:
                self._append("\n".join([*lines, ""]).encode())
            except OSError:
                self.left_out += count
                self._let_go()
            sleep(PORTION_PAUSE_SECONDS)

    def _append(self, batch: bytes) -> None:
        """Write to the file of this day. Raises OSError, also for what went in part."""
        today = datetime.now(UTC).date().isoformat()
        if today != self._day:
            self._let_go()
            self.folder.mkdir(parents=True, exist_ok=True)
            path = self.folder / f"{today}{SUFFIX}"
            self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            self._day = today
            remove_old(self.folder)
        if self._torn:
            batch = b"\n" + batch  # half a line stands at the end of the file
        self._torn = os.write(self._descriptor, batch) < len(batch)
        if self._torn:
            raise OSError("the disk took a part")

    def _let_go(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._day, self._descriptor = "", -1


def remove_old(folder: Path) -> None:
    """Delete the files of the days before the last `KEPT_DAYS`."""
    oldest = (datetime.now(UTC) - timedelta(days=KEPT_DAYS)).date().isoformat()
    for path in _files(folder):
        if path.stem < oldest:
            path.unlink(missing_ok=True)


def read_spans(folder: Path, wanted: Collection[str]) -> list[Span]:
    """Every span of the traces that `wanted` names: trace ids, event ids or conversations.

    In the order they began; none when nothing is known of them.
    """
    traces = {span.trace_id for span in _lines(folder, wanted) if _is_of(span, wanted)}
    spans = [span for span in _lines(folder, traces) if span.trace_id in traces]
    return sorted(spans, key=lambda span: span.started)


def every_span(folder: Path) -> Iterator[Span]:
    """Every span that is kept, in the order they ended."""
    for path in _files(folder):
        with path.open("rb") as file:
            yield from filter(None, map(_span, file))


def sizes(folder: Path) -> dict[str, int]:
    """How much is in each file: what differs once a span has been written."""
    return {path.name: path.stat().st_size for path in _files(folder)}


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"*{SUFFIX}")) if folder.is_dir() else []


def _lines(folder: Path, ids: Collection[str]) -> Iterator[Span]:
    """The spans whose line has one of the ids in it, and maybe others. What is torn is no span."""
    searched = [id.encode() for id in ids] if len(ids) <= MOST_SEARCHED else []
    if not ids:
        return
    for path in _files(folder):
        try:
            file = path.open("rb")
        except FileNotFoundError:  # its time was over
            continue
        with file:
            for line in file:
                if searched and not any(id in line for id in searched):
                    continue
                if span := _span(line):
                    yield span


def _is_of(span: Span, ids: Collection[str]) -> bool:
    attributes = span.attributes
    return (
        span.trace_id in ids
        or attributes.get(names.MESSAGE_ID) in ids
        or attributes.get(names.CONVERSATION) in ids
    )


def _span(line: bytes) -> Span | None:
    try:
        fields: Any = wire.loads(line)
        return Span(**fields)
    except (ValueError, TypeError):
        return None
