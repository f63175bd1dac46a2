"""How the turns of each version go while one is rolled out, counted over all processes.

Every process counts for itself and writes its sums down: a failure at once, what went well at
most once in `FLUSH_SECONDS`. So a document has one writer, and a turn costs no write of its own.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from secrets import token_hex
from time import monotonic

from shared.governance.limits.rollouts import PARTITION, Rollout
from shared.ports.store import Put, Store

FLUSH_SECONDS = 1.0
KEPT_SECONDS = 30 * 86_400
"""Sums are kept so long after their last change."""

LEAST_FAILURES = 5
"""Fewer say nothing of a version, whatever their share is."""


@dataclass(slots=True)
class Tally:
    """Turns of one version: those that were `done`, and those whose first delivery `failed`."""

    done: int = 0
    failed: int = 0

    @property
    def error_rate(self) -> float:
        turns = self.done + self.failed
        return self.failed / turns if turns else 0.0


@dataclass(slots=True)
class _Own:
    tally: Tally
    written_at: float


class Trials:
    """The tallies of this process, and the sums over all."""

    def __init__(self, store: Store, clock: Callable[[], float] = monotonic) -> None:
        self._store = store
        self._clock = clock
        self._process = token_hex(4)
        self._own: defaultdict[str, _Own] = defaultdict(lambda: _Own(Tally(), -FLUSH_SECONDS))

    async def done(self, rollout: Rollout, version: str) -> None:
        """Raises TransientError."""
        place = _place(rollout, version)
        own = self._own[place]
        own.tally.done += 1
        if self._clock() - own.written_at >= FLUSH_SECONDS:
            await self._write(place, own)

    async def failed(self, rollout: Rollout, version: str) -> Tally:
        """Count a failure and return the sum of the version. Raises TransientError."""
        place = _place(rollout, version)
        own = self._own[place]
        own.tally.failed += 1
        await self._write(place, own)
        return (await self.read(rollout)).get(version, Tally())

    async def read(self, rollout: Rollout) -> Mapping[str, Tally]:
        """The sums since the rollout began, by version. Raises TransientError."""
        found: defaultdict[str, Tally] = defaultdict(Tally)
        for item in await self._store.find(PARTITION, _place(rollout, ""), limit=10_000):
            tally = found[item.id.rsplit(":", 2)[1]]
            tally.done += int(item.body["done"])
            tally.failed += int(item.body["failed"])
        return found

    async def _write(self, place: str, own: _Own) -> None:
        own.written_at = self._clock()
        body = {"done": own.tally.done, "failed": own.tally.failed}
        put = Put(f"{place}:{self._process}", body, ttl=KEPT_SECONDS)
        await self._store.write(PARTITION, put, durable=False)


def too_many(rollout: Rollout, version: str, tally: Tally) -> bool:
    """Whether a version fails more often than its rollout bears."""
    return (
        0 < rollout.stop_above < tally.error_rate
        and rollout.version == version
        and rollout.share > 0
        and tally.failed >= LEAST_FAILURES
    )


def _place(rollout: Rollout, version: str) -> str:
    return f"tally:{rollout.subject}:{rollout.salt}:{version}"
