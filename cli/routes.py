"""Route templates of the Functions host: which function answers a method and a path."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from cli.function import Function
from shared.errors import ConfigurationError

_PARAMETER = re.compile(r"\{(?P<rest>\*?)(?P<name>\w+)(?::(?P<type>\w+))?(?P<optional>\??)\}")
_TYPES = {
    "alpha": "[A-Za-z]+",
    "bool": "(?i:true|false)",
    "guid": "[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}",
    "int": r"[+-]?\d{1,10}",
    "long": r"[+-]?\d{1,19}",
}
_RESERVED = ("admin", "runtime")


@dataclass(frozen=True, slots=True)
class Route:
    """`rank` sorts literals before typed before free parameters before a catch-all."""

    function: Function
    pattern: re.Pattern[str]
    rank: tuple[int, ...]
    shape: str


class Routes:
    """Raises ConfigurationError at start for routes that the host would refuse."""

    def __init__(self, functions: Sequence[Function]) -> None:
        routes = sorted(map(_compile, functions), key=lambda route: route.rank)
        declared = {method for route in routes for method in route.function.methods}
        self._of_any_method = [route for route in routes if not route.function.methods]
        self._of_method = {
            method: [r for r in routes if not r.function.methods or method in r.function.methods]
            for method in declared
        }
        seen: dict[tuple[str, str], str] = {}
        for route in routes:
            name = route.function.name
            for method in route.function.methods or ("ANY",):
                other = seen.setdefault((route.shape, method), name)
                if other != name:
                    raise ConfigurationError(
                        f"functions {other} and {name} have the same route "
                        f"{route.function.route!r}; give one of them another"
                    )

    def match(self, method: str, path: str) -> tuple[Function, Mapping[str, str]] | None:
        """The function for a raw path below the prefix, and its decoded path parameters."""
        for route in self._of_method.get(method, self._of_any_method):
            if found := route.pattern.fullmatch(path):
                return route.function, {
                    name: unquote(value)
                    for name, value in found.groupdict().items()
                    if value is not None
                }
        return None


def _compile(function: Function) -> Route:
    pattern, rank, shape = "", [], []
    segments = function.route.split("/")
    if segments[0].casefold() in _RESERVED:
        raise ConfigurationError(
            f"function {function.name}: a route must not start with {segments[0]!r}"
        )
    for index, segment in enumerate(segments):
        slash = "/" if index else ""
        parameter = _PARAMETER.fullmatch(segment)
        if parameter is None:
            if "{" in segment:
                raise ConfigurationError(
                    f"function {function.name}: the local host cannot read {segment!r} in a route"
                )
            pattern += slash + f"(?i:{re.escape(segment)})"
            rank.append(0)
            shape.append(segment.casefold())
            continue
        kind = parameter["type"]
        if kind and kind not in _TYPES:
            raise ConfigurationError(
                f"function {function.name}: the local host knows no route constraint {kind!r}"
            )
        if parameter["rest"]:
            pattern += f"(?:{slash}(?P<{parameter['name']}>.*))?"
        else:
            group = f"{slash}(?P<{parameter['name']}>{_TYPES[kind] if kind else '[^/]+'})"
            pattern += f"(?:{group})?" if parameter["optional"] else group
        rank.append(3 if parameter["rest"] else 1 if kind else 2)
        shape.append(f"{{{parameter['rest']}{kind or ''}}}")
    return Route(function, re.compile(f"{pattern}/?"), tuple(rank), "/".join(shape))
