"""What people said in a test, and the log lines in which it must not stand."""

import logging
from collections.abc import Iterable

from shared.observability.log import JsonFormatter

SHORTEST = 6
"""A shorter word may stand in a line by chance."""

_said: set[str] = set()


def said(text: str) -> None:
    """Note what a person said in the test at hand."""
    if len(text) >= SHORTEST:
        _said.add(text)


def forget() -> None:
    _said.clear()


def leaks(records: Iterable[logging.LogRecord]) -> list[str]:
    """Return the log lines in which something stands that was said."""
    lines = (JsonFormatter().format(record) for record in records)
    return [line for line in lines if any(text in line for text in _said)]
