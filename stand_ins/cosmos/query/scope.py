"""The value of an expression, for one row or a group of rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from stand_ins.cosmos.query.functions import FUNCTIONS
from stand_ins.cosmos.query.syntax import Node, Parameters
from stand_ins.cosmos.query.values import (
    UNDEFINED,
    QueryError,
    arithmetic,
    compare,
    equal,
    is_number,
    like,
    sort_key,
)


@dataclass
class Scope:
    """What names and parameters mean while one row, or one group of rows, is evaluated."""

    names: dict[str, Any]
    parameters: Parameters
    group: "Sequence[Scope] | None" = None

    def value(self, node: Node) -> Any:
        return getattr(self, "on_" + node[0])(*node[1:])

    def on_constant(self, value: Any) -> Any:
        return value

    def on_parameter(self, name: str) -> Any:
        if name not in self.parameters:
            raise QueryError(f"The parameter {name} was not given.")
        return self.parameters[name]

    def on_name(self, name: str) -> Any:
        return self.names.get(name, UNDEFINED)

    def on_get(self, node: Node, key: Node) -> Any:
        target, place = self.value(node), self.value(key)
        if isinstance(target, dict) and isinstance(place, str):
            return target.get(place, UNDEFINED)
        if isinstance(target, list) and is_number(place) and 0 <= place < len(target):
            return target[int(place)]
        return UNDEFINED

    def on_array(self, nodes: list[Node]) -> Any:
        return [each for each in map(self.value, nodes) if each is not UNDEFINED]

    def on_object(self, pairs: list[tuple[str, Node]]) -> Any:
        values = ((key, self.value(node)) for key, node in pairs)
        return {key: value for key, value in values if value is not UNDEFINED}

    def on_if(self, condition: Node, chosen: Node, other: Node) -> Any:
        return self.value(chosen if self.value(condition) is True else other)

    def on_coalesce(self, _: object, left: Node, right: Node) -> Any:
        value = self.value(left)
        return self.value(right) if value is UNDEFINED else value

    def on_logic(self, operator: str, left: Node, right: Node) -> Any:
        decisive = operator == "OR"
        one, other = self.value(left), self.value(right)
        if one is decisive or other is decisive:
            return decisive
        return not decisive if isinstance(one, bool) and isinstance(other, bool) else UNDEFINED

    def on_not(self, node: Node) -> Any:
        value = self.value(node)
        return not value if isinstance(value, bool) else UNDEFINED

    def on_compare(self, operator: str, left: Node, right: Node) -> Any:
        return compare(operator, self.value(left), self.value(right))

    def on_in(self, node: Node, nodes: list[Node]) -> Any:
        value = self.value(node)
        if value is UNDEFINED:
            return UNDEFINED
        return any(equal(value, self.value(each)) for each in nodes)

    def on_between(self, node: Node, low: Node, high: Node) -> Any:
        value = self.value(node)
        above, below = compare(">=", value, self.value(low)), compare("<=", value, self.value(high))
        return UNDEFINED if UNDEFINED in (above, below) else above and below

    def on_like(self, text: Node, pattern: Node) -> Any:
        return like(self.value(text), self.value(pattern))

    def on_concat(self, _: object, left: Node, right: Node) -> Any:
        one, other = self.value(left), self.value(right)
        return one + other if isinstance(one, str) and isinstance(other, str) else UNDEFINED

    def on_number(self, operator: str, left: Node, right: Node) -> Any:
        return arithmetic(operator, self.value(left), self.value(right))

    def on_call(self, name: str, nodes: list[Node]) -> Any:
        try:
            return FUNCTIONS[name](*map(self.value, nodes))
        except (TypeError, AttributeError) as error:
            raise QueryError(f"Wrong arguments for {name}: {error}") from None

    def on_aggregate(self, name: str, node: Node) -> Any:
        values = [row.value(node) for row in self.group or ()]
        values = [each for each in values if each is not UNDEFINED]
        if name == "COUNT":
            return len(values)
        if name == "COUNTIF":
            return sum(each is True for each in values)
        if name in ("SUM", "AVG"):
            if not all(map(is_number, values)) or (name == "AVG" and not values):
                return UNDEFINED
            return sum(values) if name == "SUM" else sum(values) / len(values)
        pick = min if name == "MIN" else max
        return pick(values, key=sort_key, default=UNDEFINED)


def number_of(node: Node, parameters: Parameters, what: str) -> int:
    """Return the number of a clause. Raise QueryError if it is none, or negative."""
    value = Scope({}, parameters).value(node)
    if not is_number(value) or value < 0 or int(value) != value:
        raise QueryError(f"{what} needs a number that is not negative.")
    return int(value)
