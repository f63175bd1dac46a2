"""A frozen class of ours does what one of the standard library does."""

import copy
import dataclasses
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, asdict, field, fields, replace
from typing import Any

import pytest

from shared.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Slotted:
    name: str
    size: int = 1
    tags: list[str] = field(default_factory=list, compare=False)
    secret: str = field(default="", repr=False)


@dataclass(frozen=True)
class Base:
    name: str

    def __post_init__(self) -> None:
        if not self.name:
            raise ValueError("no name")


@dataclass(frozen=True)
class Derived(Base):
    size: int = 1
    made: list[str] = field(default_factory=list, init=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Keywords:
    size: int = 1
    name: str


@dataclass(frozen=True, slots=True)
class Empty:
    pass


@dataclass(frozen=True, slots=True)
class Own:
    name: str

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Own)

    def __hash__(self) -> int:
        return 7

    def __repr__(self) -> str:
        return "mine"


@dataclass(frozen=True)
class OwnEqual:  # noqa: PLW1641 -- it is given one
    name: str

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OwnEqual) and self.name.casefold() == other.name.casefold()


@dataclass(slots=True)
class Open:
    name: str


def standard(cls: Any) -> Any:
    """The same class by the standard library."""
    names = {
        one.name: dataclasses.field(
            default=one.default,
            default_factory=one.default_factory,
            init=one.init,
            repr=one.repr,
            compare=one.compare,
            kw_only=one.kw_only,
        )
        for one in fields(cls)
    }
    spec = [(one.name, one.type, names[one.name]) for one in fields(cls)]
    return dataclasses.make_dataclass(cls.__qualname__, spec, frozen=True, slots=True)


CASES: list[tuple[Any, tuple[Any, ...], dict[str, Any]]] = [
    (Slotted, ("a",), {}),
    (Slotted, ("a", 2), {"tags": ["x"], "secret": "s"}),
    (Keywords, (), {"name": "a"}),
    (Empty, (), {}),
    (Slotted, (), {}),
    (Slotted, ("a",), {"other": 1}),
    (Keywords, ("a",), {}),
]


def outcome(work: Callable[[], Any]) -> Any:
    try:
        return work()
    except TypeError as error:
        return str(error)


@pytest.mark.parametrize(("cls", "given", "named"), CASES)
def test_it_is_made_and_shown_as_the_standard_one(
    cls: Any, given: tuple[Any, ...], named: dict[str, Any]
) -> None:
    other = standard(cls)

    assert outcome(lambda: repr(cls(*given, **named))) == outcome(
        lambda: repr(other(*given, **named))
    )
    assert outcome(lambda: asdict(cls(*given, **named))) == outcome(
        lambda: asdict(other(*given, **named))
    )


def test_equal_are_those_of_one_class_whose_compared_fields_are_equal() -> None:
    one = Slotted("a", tags=["x"])

    assert one == Slotted("a", tags=["y"])
    assert hash(one) == hash(Slotted("a", tags=["y"]))
    assert one != Slotted("b")
    assert Base("a") != Derived("a")
    assert Slotted("a").__eq__("a") is NotImplemented
    assert Empty() == Empty()


def test_no_field_can_be_set_or_deleted() -> None:
    one: Any = Slotted("a")

    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'name'"):
        one.name = "b"
    with pytest.raises(FrozenInstanceError, match="cannot delete field 'name'"):
        del one.name
    with pytest.raises((FrozenInstanceError, TypeError, AttributeError)):
        one.other = 1
    assert one.name == "a"


def test_a_derived_class_has_the_fields_and_the_check_of_its_base() -> None:
    derived = Derived("a")

    assert (derived.name, derived.size, derived.made) == ("a", 1, [])
    with pytest.raises(ValueError, match="no name"):
        Derived("")
    with pytest.raises(FrozenInstanceError):
        derived.name = "b"  # type: ignore[misc]


def test_it_can_be_copied_pickled_and_replaced() -> None:
    one = Slotted("a", 2, ["x"], "s")

    assert copy.deepcopy(one) == one
    assert pickle.loads(pickle.dumps(one)) == one
    assert copy.deepcopy(one).tags is not one.tags
    assert replace(one, size=3) == Slotted("a", 3, secret="s")
    assert copy.deepcopy(Derived("a", 2)) == Derived("a", 2)


def test_what_a_class_says_itself_holds() -> None:
    assert Own("a") == Own("b")
    assert hash(Own("a")) == 7
    assert repr(Own("a")) == "mine"
    assert OwnEqual("a") == OwnEqual("A")
    assert hash(OwnEqual("a")) == hash(OwnEqual("a"))


def test_each_has_lists_of_its_own() -> None:
    assert Slotted("a").tags is not Slotted("a").tags


def test_matching_by_position_names_the_fields() -> None:
    match Slotted("a", 2):
        case Slotted(name, size):
            assert (name, size) == ("a", 2)


def test_one_that_holds_itself_can_be_shown() -> None:
    tags: list[Any] = []
    one = Base("a")
    held = Slotted("a", tags=tags)
    tags.append(held)

    assert "..." in repr(held)
    assert repr(one) == "Base(name='a')"


def test_without_frozen_it_is_the_standard_one() -> None:
    one = Open("a")
    one.name = "b"

    assert one == Open("b")
    assert Open.__hash__ is None
