"""Programs that call skills as APIs: each by a key of its own, for bots and users of its own."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from shared.errors import Rejected

ANY = "*"


@dataclass(frozen=True, slots=True)
class Caller:
    """`bots` and `users` are those that it may name; a user may be a pattern, `portal-*`."""

    name: str
    key: str = field(default="", repr=False)
    bots: frozenset[str] = frozenset({ANY})
    users: Sequence[str] = (ANY,)

    def may_ask(self, bot: str) -> bool:
        return ANY in self.bots or bot in self.bots

    def speaks_for(self, user: str) -> bool:
        return any(fnmatchcase(user, pattern) for pattern in self.users)


ANYBODY = Caller("")
"""Who holds a function key, where no caller is declared."""


@dataclass(frozen=True, slots=True)
class Callers:
    declared: Sequence[Caller] = ()

    def of(self, key: str) -> Caller:
        """Return whose key it is. Raises Rejected 403 when it is nobody's and callers are known."""
        if not self.declared:
            return ANYBODY
        given = key.encode()
        # compare_digest for all: how long it takes tells nothing
        found = [one for one in self.declared if hmac.compare_digest(one.key.encode(), given)]
        if not found:
            raise Rejected(403, "caller_unknown")
        return found[0]
