"""The kill switch: bots and skills that an operator stopped, and what that means for the work.

What is stopped loses nothing: webhooks still accept, and work and messages wait, however long,
until it is started again.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from time import monotonic, time

from shared.errors import Conflict, Stopped, Unavailable
from shared.ports.store import Create, Delete, Store

PARTITION = "switches"
FRESH = 1.0
"""Seconds for which a process believes what it read."""

LOOK_AGAIN = 300.0
"""Seconds after which stopped work is looked at again, should the start not have let it go."""

KINDS = ("bot", "skill")
Always = Callable[[], Mapping[tuple[str, str], float]]


class Switches:
    """What is stopped, as the store says, asked at most once in `FRESH` seconds.

    `always` tells what is stopped now whatever the store says, and since when.
    """

    def __init__(self, store: Store, always: Always = dict) -> None:
        self._store = store
        self._always = always
        self._stopped: Mapping[tuple[str, str], float] = always()
        self._read_at = -FRESH

    async def stop(self, kind: str, name: str) -> None:
        """What is stopped already keeps the time of its first stop."""
        with suppress(Conflict):
            await self._store.write(PARTITION, Create(f"stopped:{kind}:{name}", {"at": time()}))
        self._read_at = -FRESH

    async def start(self, kind: str, name: str) -> None:
        await self._store.write(PARTITION, Delete(f"stopped:{kind}:{name}"))
        self._read_at = -FRESH

    async def stopped(self) -> Mapping[tuple[str, str], float]:
        """`(kind, name)` of all that is stopped, and since when in Unix time.

        While the store does not answer, what was read last.
        """
        if monotonic() - self._read_at >= FRESH:
            self._read_at = monotonic()
            with suppress(Unavailable):
                await self.read()
        return self._stopped

    async def read(self) -> Mapping[tuple[str, str], float]:
        """The same for whoever must know: as the store says now. Raises Unavailable."""
        found = dict(self._always())
        for item in await self._store.find(PARTITION, "stopped:", limit=1000):
            _, kind, name = item.id.split(":", 2)
            found[kind, name] = float(item.body["at"])
        self._stopped = found
        return found

    async def check(self, bot: str, skill: str = "") -> None:
        """Raises Stopped when work of this bot, for this skill, has to wait."""
        stopped = await self.stopped()
        for kind, name in (("bot", bot), ("skill", skill)):
            if (kind, name) in stopped:
                raise Stopped(f"{kind} {name}", after=LOOK_AGAIN)
