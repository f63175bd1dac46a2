"""The daily figures on their way to a warehouse: files in a container of the app's own storage.

Once a day, what is over and the days before it that may have been corrected. A day that is written
again is the same file, so whoever is killed at it leaves nothing half and nothing twice.
"""

from datetime import UTC, date, datetime, timedelta

from shared.errors import Conflict
from shared.fabric import Fabric
from shared.governance.batch import ROLLUP
from shared.observability import log
from shared.operations.reports.days import used
from shared.operations.reports.period import Period
from shared.operations.reports.turns import Scope
from shared.operations.reports.warehouse import partitions
from shared.ports.store import Create, Put

EXPORTED = "exported"
"""In the partition of the roll-up: up to which day the files are written."""

CORRECTED_DAYS = 7
"""Days before the last that are written again, for what came late."""


async def export(fabric: Fabric, scope: Scope, period: Period) -> list[str]:
    """Write the days of a period. Return the names of their files."""
    days = await used(fabric, scope, period, present=True, shared=True)
    names = []
    for name, text in partitions(days):
        await fabric.warehouse.put(name, text.encode())
        names.append(name)
    return names


async def export_what_is_over(fabric: Fabric, now: float) -> None:
    """Write yesterday and the days before it, once a day; after a pause, all since the last."""
    today = datetime.fromtimestamp(now, UTC).date()
    yesterday = today - timedelta(days=1)
    item = await fabric.store.get(ROLLUP, EXPORTED)
    last = str(item.body["day"]) if item else ""
    if last >= yesterday.isoformat():
        return
    oldest = today - timedelta(days=CORRECTED_DAYS)
    first = min(oldest, date.fromisoformat(last)) if last else oldest
    names = await export(fabric, Scope(), Period(_midnight(first), _midnight(today)))
    body = {"day": yesterday.isoformat()}
    try:
        op = Put(EXPORTED, body, etag=item.etag) if item else Create(EXPORTED, body)
        await fabric.store.write(ROLLUP, op, durable=False)
    except Conflict:
        return  # another process has written the same
    log.info("figures.exported", files=len(names))


def _midnight(day: date) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
