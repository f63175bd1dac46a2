"""Numbers that are typed: what is out of range is refused with what to write instead."""

from argparse import ArgumentTypeError
from collections.abc import Callable
from contextlib import suppress
from math import inf


def whole(least: int, most: float = inf) -> Callable[[str], int]:
    """An argparse type: a whole number of this range."""

    def read(text: str) -> int:
        with suppress(ValueError):
            if least <= (number := int(text)) <= most:
                return number
        wanted = f"of {least} or more" if most == inf else f"from {least} to {most}"
        raise ArgumentTypeError(f"{text!r}; write a whole number {wanted}")

    return read


def seconds(*, zero: bool = False) -> Callable[[str], float]:
    """An argparse type: seconds above 0, or from 0 on."""

    def read(text: str) -> float:
        with suppress(ValueError):
            if (number := float(text)) > 0 or (zero and number == 0):
                return number
        wanted = "of 0 or more" if zero else "above 0"
        raise ArgumentTypeError(f"{text!r}; write a number of seconds {wanted}")

    return read
