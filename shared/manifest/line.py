"""The line of a TOML file where a key stands, for the error that names it."""

import re
import tomllib
from collections.abc import Sequence
from typing import Any

_ROW = re.compile(r"(\w+) (\d+)(?:: (.*))?")
"""A table of a list and a key in it, as errors name them: `price 2: usd`."""


def line_of(text: str, place: str) -> int | None:
    """Find where a place begins: a dotted key, or `rule 2: says`.

    A key that is not there is looked for at its table; None when that is not there either.
    """
    keys = _keys(place)
    while keys:
        if line := _begins(text, keys):
            return line
        keys = keys[:-1]
    return None


def _keys(place: str) -> list[str | int]:
    """The place as a path into the parsed file, tables of a list by number; empty if it is none."""
    if row := _ROW.fullmatch(place):
        return [row[1], int(row[2]) - 1, *(_keys(row[3]) if row[3] else ())]
    try:
        step: Any = tomllib.loads(f"{place} = 0")
    except tomllib.TOMLDecodeError:
        return []
    path: list[str | int] = []
    while isinstance(step, dict):
        name, step = next(iter(step.items()))
        path.append(name)
    return path


def _begins(text: str, keys: Sequence[str | int]) -> int | None:
    """The first line of the shortest beginning of the file that says it."""
    lines = text.split("\n")
    begins = 1
    for number in range(1, len(lines) + 1):
        try:
            said = tomllib.loads("\n".join(lines[:number]) + "\n")
        except tomllib.TOMLDecodeError:  # a value that goes on in the next line
            continue
        if _stands(said, keys):
            return begins
        begins = number + 1
    return None


def _stands(said: Any, keys: Sequence[str | int]) -> bool:
    for key in keys:
        try:
            said = said[key]
        except (KeyError, IndexError, TypeError):
            return False
    return True
