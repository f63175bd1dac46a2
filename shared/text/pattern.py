"""A regular expression that is compiled when it is first used.

The long ones of small talk and urgent topics take tens of milliseconds, and most processes of an
app (a webhook, a timer, the outbox) meet none of them.
"""

import re
from collections.abc import Callable
from functools import cached_property

Find = Callable[[str], re.Match[str] | None]


class Pattern:
    """Has what is used of `re.Pattern`; after the first use it costs the same."""

    def __init__(self, text: str, flags: int = 0) -> None:
        self._text, self._flags = text, flags

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        return re.compile(self._text, self._flags)

    @cached_property
    def search(self) -> Find:
        return self.compiled.search

    @cached_property
    def match(self) -> Find:
        return self.compiled.match

    @cached_property
    def fullmatch(self) -> Find:
        return self.compiled.fullmatch

    @cached_property
    def split(self) -> Callable[[str], list[str]]:
        return self.compiled.split

    def sub(self, put: str, text: str, count: int = 0) -> str:
        return self.compiled.sub(put, text, count)
