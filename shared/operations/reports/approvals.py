"""What waits for a second person, or did lately: for those who decide, what ends first on top."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from shared.errors import PermanentError
from shared.fabric import Fabric
from shared.governance.access import Departments
from shared.ports.store import Item, every
from shared.records.approval import PREFIX, Approval, State


@dataclass(frozen=True, slots=True)
class Asked:
    """One deed. `asked_by` is the person's name, `role` and `groups` whom it takes to decide."""

    id: str
    bot: str
    department: str
    skill: str
    deed: str
    title: str
    arguments: Mapping[str, Any]
    asked_by: str
    channel: str
    since: str
    until: str
    state: str
    by: str
    reason: str
    role: str
    groups: list[str]


async def approvals(
    fabric: Fabric, departments: Departments | None = None, *, all: bool = False
) -> list[Asked]:
    """Return what waits, with `all` what was decided too, of the bots of these departments."""
    found: list[tuple[float, Asked]] = []
    async for item in every(fabric.store, PREFIX):
        approval = Approval.of(item)
        one = _asked(fabric, approval)
        theirs = departments is None or departments.everywhere or one.department in departments
        if theirs and (all or approval.state is State.WAITING):
            found.append((approval.until, one))
    return [one for _, one in sorted(found, key=lambda pair: pair[0])]


async def item_of(fabric: Fabric, id: str) -> Item:
    """Return the stored request. Raises PermanentError when there is none."""
    for item in await fabric.store.find(None, f"{PREFIX}{id}", limit=2):
        if item.id == f"{PREFIX}{id}":
            return item
    raise PermanentError("no_such_approval", f"nothing of that id (botfabric approvals): {id}")


def _asked(fabric: Fabric, approval: Approval) -> Asked:
    bot = fabric.bots.get(approval.bot)
    return Asked(
        id=approval.id,
        bot=approval.bot,
        department=bot.department if bot else "",
        skill=approval.skill,
        deed=approval.deed.name,
        title=approval.deed.title,
        arguments=approval.deed.arguments,
        asked_by=approval.name or approval.user,
        channel=approval.reference.channel,
        since=_iso(approval.since),
        until=_iso(approval.until),
        state=approval.state,
        by=approval.by,
        reason=approval.reason,
        role=bot.approvals.role if bot else "",
        groups=list(bot.approvals.groups) if bot else [],
    )


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
