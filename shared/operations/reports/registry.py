"""The bots there are: whose they are, whether they answer, and how much they did today."""

from dataclasses import dataclass
from datetime import UTC, datetime

from shared.fabric import Fabric
from shared.governance.access import Departments
from shared.governance.residency import home_of
from shared.operations.reports.alarms import upkeep
from shared.operations.reports.days import used
from shared.operations.reports.health import health
from shared.operations.reports.owners import departed_owners
from shared.operations.reports.period import Period
from shared.operations.reports.turns import Scope

RUNNING, STOPPED, PAUSED = "running", "stopped", "paused by policy"
ELSEWHERE = "elsewhere"
"""Of another region: the app there answers, and this one knows nothing more of it."""

SHARED = ("store", "bus", "events", "ai")
"""Dependencies of every bot; beside them it needs its channels."""


@dataclass(frozen=True, slots=True)
class Registered:
    """One bot. `health` is "ok" or what it lacks; `breaches` are of the policy, warnings too."""

    bot: str
    name: str
    owner: str
    department: str
    cost_center: str
    region: str
    channels: list[str]
    skills: list[str]
    state: str
    since: str
    health: str
    turns_today: int
    breaches: list[str]


@dataclass(frozen=True, slots=True)
class Registry:
    bots: list[Registered]


async def registry(fabric: Fabric, departments: Departments) -> Registry:
    """List the bots of these departments, by id. Raises Unavailable."""
    stopped = await fabric.switches.read()
    orphans = await departed_owners(fabric)
    gone = list(upkeep.departed(fabric.bots, orphans))
    paused = fabric.paused | {one.bot for one in orphans if one.paused}
    lines = (await health(fabric))["dependencies"]
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    narrowed = None if departments.everywhere else departments.names
    today = await used(fabric, Scope(departments=narrowed), Period(midnight.timestamp()))
    done = {one.bot: sum(one.tally.figures.turns.values()) for one in today}
    found = []
    for bot in sorted([*fabric.bots.values(), *fabric.elsewhere.values()], key=lambda bot: bot.id):
        if bot.department not in departments:
            continue
        channels = [n for n in ("teams", "whatsapp", "web") if getattr(bot.channels, n)]
        lacks = [n for n in (*SHARED, *channels) if lines.get(n, "ok") != "ok"]
        at = stopped.get(("bot", bot.id))
        state = RUNNING if at is None else PAUSED if bot.id in paused else STOPPED
        if bot.id in fabric.elsewhere:
            state, lacks = ELSEWHERE, []
        found.append(
            Registered(
                bot=bot.id,
                name=bot.name,
                owner=bot.owner,
                department=bot.department,
                cost_center=bot.cost_center,
                region=home_of(bot, fabric.departments),
                channels=channels,
                skills=list(bot.skills),
                state=state,
                since="" if at is None else datetime.fromtimestamp(at, UTC).isoformat(),
                health=f"degraded: {', '.join(lacks)}" if lacks else "ok",
                turns_today=done.get(bot.id, 0),
                breaches=[
                    *(str(f) for f in fabric.breaches if f.breach.bot == bot.id),
                    *(alarm.detail for alarm in gone if alarm.bot == bot.id),
                ],
            )
        )
    return Registry(found)
