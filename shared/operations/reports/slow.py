"""Which systems and models people wait for: the slowest first."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from shared.fabric import Fabric
from shared.operations.reports.days import used
from shared.operations.reports.period import Period
from shared.operations.reports.turns import Scope
from shared.records.figures import parts, percentile


@dataclass(frozen=True, slots=True)
class Integration:
    """One operation of a backend, or one deployment of a model. Times in seconds.

    `waited` is all the time that turns spent in it; `errors` counts calls without an answer;
    `open` is how long the system's breaker was open, over all processes, up to the last call.
    """

    name: str
    operation: str
    calls: int
    errors: int
    p50: float
    p95: float
    waited: float
    open: float
    bots: list[str]
    breaker: str


@dataclass(slots=True)
class _Calls:
    count: int = 0
    errors: int = 0
    milliseconds: int = 0
    buckets: Counter[str] = field(default_factory=Counter)
    bots: set[str] = field(default_factory=set)


async def slow(fabric: Fabric, scope: Scope, period: Period) -> list[Integration]:
    """Rank what the turns of the scope called by its 95th percentile."""
    found: defaultdict[tuple[str, str], _Calls] = defaultdict(_Calls)
    open_ms: Counter[str] = Counter()
    for one in await used(fabric, scope, period):
        figures = one.tally.figures
        open_ms.update(figures.open_ms)
        for name, number in figures.calls.items():
            system, operation, outcome = parts(name)
            calls = found[system, operation]
            calls.count += number
            calls.errors += number if _failed(system, outcome) else 0
            calls.bots.add(one.bot)
        for name, milliseconds in figures.call_ms.items():
            system, operation = parts(name)
            found[system, operation].milliseconds += milliseconds
        for name, number in figures.called.items():
            system, operation, bucket = parts(name)
            found[system, operation].buckets[bucket] += number
    rows = [
        Integration(
            name=name,
            operation=operation,
            calls=calls.count,
            errors=calls.errors,
            p50=percentile(calls.buckets.items(), 0.5),
            p95=percentile(calls.buckets.items(), 0.95),
            waited=round(calls.milliseconds / 1000, 3),
            open=open_ms[name] / 1000,
            bots=sorted(calls.bots),
            breaker=await _breaker(fabric, name),
        )
        for (name, operation), calls in found.items()
    ]
    return sorted(rows, key=lambda row: (-row.p95, row.name, row.operation))


def _failed(system: str, outcome: str) -> bool:
    """Whether there was no answer; a backend that says no has answered."""
    return outcome != "ok" if system.startswith("model ") else outcome == "unavailable"


async def _breaker(fabric: Fabric, name: str) -> str:
    """What this process knows of it: "" while it may be called."""
    backend = fabric.backends.get(name)
    return await backend.check() if backend else ""
