"""People's tokens in this process's memory, where no token service keeps them."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

MAX_TOKENS = 1000
KEPT_SECONDS = 3600.0
"""As long as a token of Entra is good."""


@dataclass(frozen=True, slots=True)
class _Kept:
    token: str = field(repr=False)
    until: float


class UserTokens:
    """By whom they are of; a restart forgets them all."""

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    def put(self, owner: str, token: str) -> None:
        self._kept[owner] = _Kept(token, self._clock() + KEPT_SECONDS)
        self._kept.move_to_end(owner)
        while len(self._kept) > MAX_TOKENS:
            self._kept.popitem(last=False)

    def get(self, owner: str) -> str:
        """Return the token, "" when there is none or it has ended."""
        kept = self._kept.get(owner)
        return kept.token if kept and kept.until > self._clock() else ""

    def drop(self, owner: str) -> None:
        self._kept.pop(owner, None)

    def move(self, owner: str, to: str) -> None:
        """Hand on what is kept under a name for the time being."""
        if token := self.get(owner):
            self.put(to, token)
        self.drop(owner)
