"""Structured logs: one line, one JSON object, one event name.

Fields are ids, counts and durations. Message text, names, phone numbers, tokens and secrets
have no place in them; conversations appear as their hashed key, errors by type and place. What
slips in all the same, an identifier of a person, is replaced by its kind.
"""

import logging
import sys
from datetime import UTC, datetime
from functools import lru_cache
from time import time
from typing import TextIO

from shared import wire
from shared.observability.failure import trace_of
from shared.observability.overhead import logged
from shared.observability.redacted import redacted
from shared.observability.trace import current

_logger = logging.getLogger("fabric")


_LEVELS = {logging.INFO: "INFO", logging.WARNING: "WARNING", logging.ERROR: "ERROR"}


class Record(logging.LogRecord):
    """What is logged, with its `fields`: without the thread and the line that nobody prints.

    Asking for these, as the record of the standard library does, costs more than the line.
    """

    def __init__(self, level: int, event: str, fields: dict[str, object]) -> None:
        self.name, self.msg, self.args = _logger.name, event, None
        self.levelno, self.levelname = level, _LEVELS[level]
        self.created = time()
        self.msecs = self.created % 1 * 1000
        self.relativeCreated = 0.0
        self.exc_info = self.exc_text = self.stack_info = None
        self.pathname = self.filename = self.module = self.funcName = ""
        self.lineno = self.thread = self.process = 0
        self.threadName = self.processName = self.taskName = ""
        self.fields = fields


class JsonFormatter(logging.Formatter):
    """A record as one JSON object; control characters cannot break the line."""

    def format(self, record: logging.LogRecord) -> str:
        second = int(record.created)
        body: dict[str, object] = {
            "time": f"{_second(second)}.{int((record.created - second) * 1000):03d}+00:00",
            "level": record.levelname,
            "event": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[1] and "error" not in body:
            body["error"] = trace_of(record.exc_info[1])
        line = wire.dumps(body)
        logged(len(line))
        return line


@lru_cache(maxsize=1)
def _second(unix: int) -> str:
    """The UTC time of a second, which many lines share."""
    return datetime.fromtimestamp(unix, UTC).strftime("%Y-%m-%dT%H:%M:%S")


class _Stderr(logging.StreamHandler[TextIO]):
    """Where `configure` writes to: a line with one call, which needs no lock around it."""

    def handle(self, record: logging.LogRecord) -> bool:
        try:
            self.stream.write(f"{self.format(record)}\n")
            self.stream.flush()
        except Exception:
            self.handleError(record)
        return True


class _AsMessage(logging.Filter):
    """Puts the whole line into the message: all of a record that hosts and exporters keep whole."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = JsonFormatter().format(record)
        record.__dict__.pop("fields", None)
        return True


_AS_MESSAGE = _AsMessage()


def info(event: str, **fields: object) -> None:
    _write(logging.INFO, event, fields)


def warning(event: str, **fields: object) -> None:
    _write(logging.WARNING, event, fields)


def error(event: str, *, exc_info: bool = False, **fields: object) -> None:
    _write(logging.ERROR, event, fields, exc_info=exc_info)


def _write(level: int, event: str, fields: dict[str, object], *, exc_info: bool = False) -> None:
    if _logger.isEnabledFor(level):
        if span := current():
            fields["trace"], fields["span"] = span.trace_id, span.span_id
        if exc_info and (failure := sys.exception()) is not None:
            fields["error"] = trace_of(failure)  # a handler of the host would print its text too
        _logger.handle(Record(level, event, redacted(fields)))


def configure(formatter: logging.Formatter | None = None, level: int = logging.INFO) -> None:
    """Write the product's log to stderr; SDK loggers only speak from WARNING up."""
    handler = _Stderr()
    handler.setFormatter(formatter or JsonFormatter())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("azure.identity").setLevel(logging.CRITICAL)  # its errors are raised too
    _logger.setLevel(level)


def tell_host() -> None:
    """Put whole lines into the messages, unless they are written by a handler of `configure`."""
    if not any(isinstance(handler, _Stderr) for handler in logging.getLogger().handlers):
        _logger.addFilter(_AS_MESSAGE)
