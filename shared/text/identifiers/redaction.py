"""Placeholders in the place of identifiers, and the identifiers back in the place of those."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from shared.text.identifiers.find import find
from shared.text.identifiers.finding import Finding, Kind

_NAMES = "|".join(kind.value for kind in Kind)
_PLACEHOLDER = re.compile(rf"<?\b(?:{_NAMES})_\d{{1,4}}\b>?")


@dataclass
class Redaction:
    """The values of one exchange: the same value always has the same placeholder, `<PHONE_1>`.

    `finder` says what is a value; the platform's identifiers unless told otherwise.
    """

    finder: Callable[[str], Sequence[Finding]] = find
    _placeholders: dict[str, str] = field(default_factory=dict)
    _values: dict[str, str] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return not self._values

    def redact(self, text: str) -> str:
        """Return the text with a placeholder for each identifier."""
        pieces, end = [], 0
        for found in self.finder(text):
            value = text[found.start : found.end]
            pieces += [text[end : found.start], self._placeholder(found.kind, value)]
            end = found.end
        return "".join([*pieces, text[end:]])

    def mask(self, text: str) -> str:
        """Return the text with placeholders for the values that are known by now, and no others."""
        for value in sorted(self._placeholders, key=len, reverse=True):
            text = text.replace(value, f"<{self._placeholders[value]}>")
        return text

    def restore(self, text: str) -> str:
        """Return the text with the values back; a placeholder that was not given out stays."""
        if self.is_empty:
            return text
        return _PLACEHOLDER.sub(lambda m: self._values.get(m[0].strip("<>"), m[0]), text)

    def _placeholder(self, kind: Kind, value: str) -> str:
        if value not in self._placeholders:
            number = sum(name.startswith(f"{kind.value}_") for name in self._values) + 1
            self._placeholders[value] = f"{kind.value}_{number}"
            self._values[self._placeholders[value]] = value
        return f"<{self._placeholders[value]}>"


def hidden(text: str) -> str:
    """Return the text with the kind of each identifier in its place: `<PHONE>`. For logs."""
    pieces, end = [], 0
    for found in find(text):
        pieces += [text[end : found.start], f"<{found.kind.value}>"]
        end = found.end
    return "".join([*pieces, text[end:]]) if pieces else text
