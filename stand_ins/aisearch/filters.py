"""The filters of OData that a search may have, read into a test of one document.

`and`, `or`, `not`, comparisons with text, numbers, booleans and null, `search.in`, and `any` over
a collection. Anything else is refused, as a mistake in the filter is.
"""

import re
from collections.abc import Callable
from typing import Any

Document = dict[str, Any]
Test = Callable[[Document], bool]

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?\d+(?:\.\d+)?)(?![\w.])"
    r"|(?P<name>[A-Za-z_][\w.]*(?:/[A-Za-z_]\w*)*)|(?P<sign>[(),:]))"
)
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda one, other: one == other,
    "ne": lambda one, other: one != other,
    "gt": lambda one, other: one is not None and one > other,
    "ge": lambda one, other: one is not None and one >= other,
    "lt": lambda one, other: one is not None and one < other,
    "le": lambda one, other: one is not None and one <= other,
}


class BadFilter(ValueError):
    """What stands there is no filter."""


def parse(text: str, fields: frozenset[str]) -> Test:
    """Raises BadFilter, for a field too that cannot be filtered by."""
    reader = _Reader(text, fields)
    test = reader.either()
    if reader.left:
        raise BadFilter(f"unexpected {reader.left[0][1]!r}")
    return test


class _Reader:
    def __init__(self, text: str, fields: frozenset[str]) -> None:
        self.left: list[tuple[str, str]] = []
        self._fields = set(fields)
        place = 0
        text = text.strip()
        while place < len(text):
            found = _TOKEN.match(text, place)
            if found is None:
                raise BadFilter(f"cannot be read at {place}")
            self.left.append((str(found.lastgroup), found[str(found.lastgroup)]))
            place = found.end()

    def either(self) -> Test:
        tests = [self._both()]
        while self._took("or"):
            tests.append(self._both())
        return lambda document: any(test(document) for test in tests)

    def _both(self) -> Test:
        tests = [self._one()]
        while self._took("and"):
            tests.append(self._one())
        return lambda document: all(test(document) for test in tests)

    def _one(self) -> Test:
        if self._took("not"):
            test = self._one()
            return lambda document: not test(document)
        if self._took("("):
            test = self.either()
            self._need(")")
            return test
        name = self._next("name")
        if name == "search.in":
            return self._within()
        if name.endswith("/any"):
            return self._any(name.removesuffix("/any"))
        compare = _COMPARE.get(self._next("name"))
        if compare is None:
            raise BadFilter("an operator is missing")
        field, value = self._field(name), self._value()
        return lambda document: compare(document.get(field), value)

    def _within(self) -> Test:
        self._need("(")
        field = self._field(self._next("name"))
        self._need(",")
        text, delimiters = self._value(), " ,"
        if self._took(","):
            delimiters = self._value()
        self._need(")")
        values = set(re.split("|".join(map(re.escape, delimiters)), text)) if delimiters else {text}
        return lambda document: document.get(field) in values

    def _any(self, collection: str) -> Test:
        field = self._field(collection)
        self._need("(")
        if self._took(")"):
            return lambda document: bool(document.get(field))
        variable = self._next("name")
        self._need(":")
        self._fields.add(variable)
        test = self.either()
        self._need(")")
        return lambda document: any(
            test({**document, variable: value}) for value in document.get(field) or ()
        )

    def _field(self, name: str) -> str:
        if name not in self._fields:
            raise BadFilter(f"{name!r} is no filterable field")
        return name

    def _value(self) -> Any:
        kind, text = self.left.pop(0) if self.left else ("", "")
        match kind:
            case "text":
                return text[1:-1].replace("''", "'")
            case "number":
                return float(text) if "." in text else int(text)
            case "name" if text in ("true", "false", "null"):
                return {"true": True, "false": False, "null": None}[text]
        raise BadFilter("a value is missing")

    def _next(self, kind: str) -> str:
        if not self.left or self.left[0][0] != kind:
            raise BadFilter(f"a {kind} is missing")
        return self.left.pop(0)[1]

    def _took(self, word: str) -> bool:
        if self.left and self.left[0][0] != "text" and self.left[0][1] == word:
            self.left.pop(0)
            return True
        return False

    def _need(self, sign: str) -> None:
        if not self._took(sign):
            raise BadFilter(f"{sign!r} is missing")
