"""Who waits for a person: for operators, the longest first."""

from dataclasses import dataclass
from datetime import UTC, datetime
from time import time
from typing import Any

from shared.errors import PermanentError
from shared.fabric import Fabric
from shared.governance.access import Departments
from shared.ports.store import Item, every
from shared.records.waiting import DOCUMENT, Waiting


@dataclass(frozen=True, slots=True)
class WaitingPerson:
    """One conversation. `said` holds what was said since, `{"at", "by", "text"}`."""

    key: str
    id: str
    bot: str
    department: str
    channel: str
    since: str
    waits_seconds: int
    returns: str
    answered: bool
    reason: str
    said: list[dict[str, Any]]


async def waiting(fabric: Fabric, departments: Departments | None = None) -> list[WaitingPerson]:
    """Return those of the bots of these departments; of all bots without departments."""
    found = []
    async for item in every(fabric.store, DOCUMENT):
        person = _person(fabric, item)
        if departments is None or departments.everywhere or person.department in departments:
            found.append((float(item.body["since"]), person))
    return [person for _, person in sorted(found, key=lambda one: one[0])]


async def item_of(fabric: Fabric, key: str) -> Item:
    """Return the stored request of one conversation. Raises PermanentError when nobody waits."""
    item = await fabric.store.get(key, DOCUMENT)
    if item is None:
        raise PermanentError("nobody_waits", f"nobody waits in {key} (botfabric waiting)")
    return item


def _person(fabric: Fabric, item: Item) -> WaitingPerson:
    waiting = Waiting.of(item.body)
    bot = fabric.bots.get(waiting.bot)
    return WaitingPerson(
        key=item.partition,
        id=waiting.id,
        bot=waiting.bot,
        department=bot.department if bot else "",
        channel=item.partition.rsplit(".", 2)[1],
        since=_iso(waiting.since),
        waits_seconds=max(0, round(time() - waiting.since)),
        returns=_iso(waiting.return_at),
        answered=waiting.is_answered,
        reason=waiting.reason,
        said=[{**one, "at": _iso(one["at"])} for one in waiting.said],
    )


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
