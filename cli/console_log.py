"""Log lines for a person: time, level, event, conversation, hop, milliseconds, the rest."""

import logging
import sys
import time
from collections.abc import Mapping
from typing import Literal

from shared.observability import log
from shared.observability.failure import trace_of

Format = Literal["auto", "json", "text"]

_COLOURS = {"WARNING": "\033[33m", "ERROR": "\033[31m"}
_HIDDEN = ("span", "bot", "error")


def configure(format: Format = "auto", *, quiet: bool = False) -> None:
    """Log to stderr: text on a terminal, JSON otherwise. `quiet` keeps warnings and errors."""
    terminal = sys.stderr.isatty()
    text = format == "text" or (format == "auto" and terminal)
    formatter = TextFormatter(colour=terminal) if text else None
    log.configure(formatter, logging.WARNING if quiet else logging.INFO)


class TextFormatter(logging.Formatter):
    """`12:03:11.042 INFO  turn  4f1c9ab2 knowledge 12.3ms  fate=done`."""

    def __init__(self, *, colour: bool = False) -> None:
        super().__init__()
        self._colour = colour

    def format(self, record: logging.LogRecord) -> str:
        fields: Mapping[str, object] = getattr(record, "fields", {})
        moment = time.strftime("%H:%M:%S", time.localtime(record.created))
        level = f"{record.levelname:<7}"
        if self._colour and record.levelname in _COLOURS:
            level = f"{_COLOURS[record.levelname]}{level}\033[0m"
        line = f"{moment}.{int(record.msecs):03d} {level} {record.getMessage():<16}"
        known, rest = _told(fields)
        line = "  ".join(part for part in (line, known, rest) if part)
        error = fields.get("error")
        if error is None and record.exc_info and record.exc_info[1]:
            error = trace_of(record.exc_info[1])
        return line.rstrip() + (f"\n{_lines(error)}" if error else "")


def _told(fields: Mapping[str, object]) -> tuple[str, str]:
    """The columns (conversation, hop, duration), and every other field as name=value."""
    columns: list[str] = []
    rest: list[str] = []
    for name, value in fields.items():
        if name == "conversation":
            columns.insert(0, _plain(value).rsplit(".", 1)[-1][:8])
        elif name in ("skill", "function"):
            columns.append(_plain(value))
        elif name == "ms":
            columns.append(f"{value}ms")
        elif name in ("id", "trace"):
            rest.append(f"{name}={_plain(value)[:8]}")
        elif name not in _HIDDEN and value not in ("", None):
            rest.append(f"{name}={_plain(value)}")
    return " ".join(columns), " ".join(rest)


def _lines(value: object) -> str:
    return "\n".join(map(_plain, str(value).splitlines()))


def _plain(value: object) -> str:
    """A value that cannot break the line or steer the terminal."""
    return "".join(char if char.isprintable() else "?" for char in str(value))
