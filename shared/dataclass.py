"""`dataclass` of the standard library, with frozen classes made at a third of the price.

A process makes a hundred classes before it says which functions it has, and more with its first
message; for each frozen one the standard library writes and compiles six methods. Here that is
done for `__init__`, which is called most; the others are closures over the names of the fields.
"""

import dataclasses
from collections.abc import Callable
from functools import partial
from operator import attrgetter
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any

__all__ = ["dataclass"]

_UNSET: Any = object()
"""Stands for what a call leaves to a default factory."""

Values = Callable[[Any], tuple[Any, ...]]


def _frozen(cls: Any, **how: bool) -> Any:
    """Make a frozen dataclass. Takes no InitVar, and no `__setattr__` of its own."""
    own = {name for name, value in vars(cls).items() if value is not None}
    made = dataclasses.dataclass(init=False, repr=False, eq=False, **how)(cls)
    fields = dataclasses.fields(made)
    compared = _values([field.name for field in fields if field.compare])
    methods: dict[str, Any] = {
        "__init__": _init(made, fields),
        "__repr__": _repr([field.name for field in fields if field.repr]),
        "__eq__": _eq(compared),
        "__hash__": lambda self: hash(compared(self)),
        "__getstate__": _state,
        "__setstate__": _set_state,
    }
    for name, method in methods.items():
        if name not in own:
            method.__qualname__ = f"{made.__qualname__}.{name}"
            setattr(made, name, method)
    _shut(made, frozenset(field.name for field in fields))
    return made


def _init(cls: Any, fields: tuple[dataclasses.Field[Any], ...]) -> Any:
    """Compile `__init__`, which sets each field past the `__setattr__` that refuses."""
    names: dict[str, Any] = {"_unset": _UNSET, "_set": object.__setattr__}
    given: list[str] = []
    keywords: list[str] = []
    lines: list[str] = []
    for field in fields:
        name, value, default = field.name, field.name, ""
        if field.default is not dataclasses.MISSING:
            names[f"_default_{name}"] = field.default
            default = f"=_default_{name}"
        elif field.default_factory is not dataclasses.MISSING:
            names[f"_make_{name}"] = field.default_factory
            default = "=_unset"
            value = f"_make_{name}() if {name} is _unset else {name}"
        if field.init:
            (keywords if field.kw_only else given).append(f"{name}{default}")
        elif field.default_factory is not dataclasses.MISSING:
            value = f"_make_{name}()"
        else:
            value = f"_default_{name}"
        lines.append(f"_set(self, {name!r}, {value})")
    if hasattr(cls, "__post_init__"):
        lines.append("self.__post_init__()")
    taken = ", ".join(["self", *given, *(["*", *keywords] if keywords else [])])
    exec(f"def __init__({taken}):\n " + "\n ".join(lines or ["pass"]), names)  # noqa: S102
    return names["__init__"]


def _values(names: list[str]) -> Values:
    match names:
        case []:
            return lambda _: ()
        case [name]:
            return lambda self: (getattr(self, name),)
    return attrgetter(*names)


def _repr(names: list[str]) -> Any:
    @recursive_repr()
    def __repr__(self: Any) -> str:
        said = ", ".join(f"{name}={getattr(self, name)!r}" for name in names)
        return f"{type(self).__qualname__}({said})"

    return __repr__


def _eq(compared: Values) -> Any:
    def __eq__(self: Any, other: Any) -> Any:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return compared(self) == compared(other)

    return __eq__


def _shut(cls: Any, names: frozenset[str]) -> None:
    """Refuse to set and delete; a subclass that is none may have further attributes."""

    def __setattr__(self: Any, name: str, value: Any) -> None:
        if type(self) is cls or name in names:
            raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")
        super(cls, self).__setattr__(name, value)

    def __delattr__(self: Any, name: str) -> None:
        if type(self) is cls or name in names:
            raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")
        super(cls, self).__delattr__(name)

    cls.__setattr__, cls.__delattr__ = __setattr__, __delattr__


def _state(self: Any) -> list[Any]:
    return [getattr(self, field.name) for field in dataclasses.fields(self)]


def _set_state(self: Any, state: list[Any]) -> None:
    for field, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, field.name, value)


if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(cls=None, /, *, frozen=False, **how):
        make = partial(_frozen if frozen else dataclasses.dataclass, **how)
        return make if cls is None else make(cls)
