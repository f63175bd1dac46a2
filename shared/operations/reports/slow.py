"""Which systems and models people wait for: the slowest first."""

from collections import defaultdict
from dataclasses import dataclass, field

from shared.fabric import Fabric
from shared.operations.reports.entries import entries
from shared.operations.reports.figures import percentile
from shared.operations.reports.period import Period
from shared.operations.reports.turns import Scope


@dataclass(frozen=True, slots=True)
class Integration:
    """One operation of a backend, or one deployment of a model. Times in seconds.

    `waited` is all the time that turns spent in it; `errors` counts calls without an answer.
    """

    name: str
    operation: str
    calls: int
    errors: int
    p50: float
    p95: float
    waited: float
    bots: list[str]
    breaker: str


@dataclass(slots=True)
class _Calls:
    seconds: list[float] = field(default_factory=list)
    errors: int = 0
    bots: set[str] = field(default_factory=set)


async def slow(fabric: Fabric, scope: Scope, period: Period) -> list[Integration]:
    """Rank what the turns of the scope called by its 95th percentile."""
    found: defaultdict[tuple[str, str], _Calls] = defaultdict(_Calls)
    async for entry in entries(fabric, scope, period):
        timed = [
            (call.backend, call.operation, call.seconds, call.outcome == "unavailable")
            for call in entry.backend_calls
        ]
        timed += [
            (f"model {call.deployment}", call.operation, call.seconds, call.outcome != "ok")
            for call in entry.model_calls
        ]
        for name, operation, seconds, failed in timed:
            calls = found[name, operation]
            calls.seconds.append(seconds)
            calls.errors += failed
            calls.bots.add(entry.bot)
    rows = [
        Integration(
            name=name,
            operation=operation,
            calls=len(calls.seconds),
            errors=calls.errors,
            p50=percentile(calls.seconds, 0.5),
            p95=percentile(calls.seconds, 0.95),
            waited=round(sum(calls.seconds), 3),
            bots=sorted(calls.bots),
            breaker=await _breaker(fabric, name),
        )
        for (name, operation), calls in found.items()
    ]
    return sorted(rows, key=lambda row: (-row.p95, row.name, row.operation))


async def _breaker(fabric: Fabric, name: str) -> str:
    """What this process knows of it: "" while it may be called."""
    backend = fabric.backends.get(name)
    return await backend.check() if backend else ""
