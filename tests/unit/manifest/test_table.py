"""What a table of TOML is read into, and every mistake that is noted in it."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

import pytest

from shared.manifest.table import Fault, Mistaken, Place, read


@dataclass(frozen=True)
class Inner:
    size: int = field(default=1, metadata={"ge": 1, "le": 9})


@dataclass(frozen=True)
class Outer:
    name: str = field(metadata={"pattern": "^[a-z]+$", "max_length": 4})
    tags: list[str] = field(default_factory=list, metadata={"min_length": 1})
    shares: dict[str, float] = field(default_factory=dict, metadata={"gt": 0})
    kind: Literal["a", "b"] = "a"
    on: bool = False
    limit: float | None = None
    inner: Inner = field(default_factory=Inner)
    perhaps: Inner | None = None


def test_a_table_becomes_its_dataclass_without_surrounding_blanks() -> None:
    table = {"name": " ab ", "shares": {" x ": 1}, "limit": 2, "perhaps": {"size": 3}}

    outer = read(Outer, table)

    assert outer == Outer("ab", shares={"x": 1.0}, limit=2.0, perhaps=Inner(3))
    assert isinstance(outer.limit, float)


def test_what_a_table_does_not_say_has_its_default() -> None:
    assert read(Outer, {"name": "ab"}) == Outer("ab")


@pytest.mark.parametrize(
    ("key", "value", "fault", "place"),
    [
        ("name", 5, Fault.TYPE, ("name",)),
        ("name", "A", Fault.PATTERN, ("name",)),
        ("name", "abcde", Fault.TOO_LONG, ("name",)),
        ("tags", "a", Fault.TYPE, ("tags",)),
        ("tags", ["a", "  "], Fault.TOO_SHORT, ("tags", 1)),
        ("shares", {"x": 0}, Fault.NOT_ABOVE, ("shares", "x")),
        ("shares", {"x": True}, Fault.TYPE, ("shares", "x")),
        ("shares", {"x": 10**400}, Fault.NOT_FINITE, ("shares", "x")),
        ("shares", {"x": float("nan")}, Fault.NOT_FINITE, ("shares", "x")),
        ("kind", "c", Fault.CHOICE, ("kind",)),
        ("on", 1, Fault.TYPE, ("on",)),
        ("limit", "1", Fault.TYPE, ("limit",)),
        ("limit", date(2026, 1, 1), Fault.TYPE, ("limit",)),
        ("inner", [], Fault.TYPE, ("inner",)),
        ("inner", {"size": 1.0}, Fault.TYPE, ("inner", "size")),
        ("inner", {"size": 0}, Fault.TOO_SMALL, ("inner", "size")),
        ("perhaps", {"size": 10}, Fault.TOO_LARGE, ("perhaps", "size")),
        ("perhaps", {"sise": 1}, Fault.UNKNOWN, ("perhaps", "sise")),
    ],
)
def test_a_value_that_is_wrong_is_noted_at_its_place(
    key: str, value: Any, fault: Fault, place: Place
) -> None:
    with pytest.raises(Mistaken) as raised:
        read(Outer, {"name": "ab", key: value})

    [mistake] = raised.value.mistakes
    assert (mistake.fault, mistake.place) == (fault, place)


def test_every_mistake_is_noted_unknown_keys_last() -> None:
    with pytest.raises(Mistaken) as raised:
        read(Outer, {"nam": "ab", "on": "yes", "inner": {"size": "1", "sise": 1}})

    noted = [(mistake.fault, mistake.place) for mistake in raised.value.mistakes]
    assert noted == [
        (Fault.MISSING, ("name",)),
        (Fault.TYPE, ("on",)),
        (Fault.TYPE, ("inner", "size")),
        (Fault.UNKNOWN, ("inner", "sise")),
        (Fault.UNKNOWN, ("nam",)),
    ]
