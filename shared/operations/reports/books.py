"""The books: what came in, and what became of it. They balance."""

from time import time

from shared.fabric import Fabric
from shared.operations.reports.turns import Scope
from shared.ports.store import Item, every

EVERYTHING = Scope()


async def books(fabric: Fabric, scope: Scope = EVERYTHING) -> dict[str, int]:
    """accepted = done + parked + dead + pending, counted over every conversation.

    `done`: answered, nothing left to send. `parked`: waits for a known time, a retry or a
    paced send. `dead`: an event or a reply of it was given up, with its reason on record.
    `repeated` counts sends that may have reached a channel twice, too many rather than too
    few. What a turn took along shares the fate of the activity it went with. Walks all
    activities of the last 30 days: a report, not a health check.
    """
    dead = {(i.partition, i.body.get("origin")) async for i in every(fabric.store, "dead:")}
    now = time()
    left: dict[tuple[str, str], str] = {}
    async for item in every(fabric.store, "outbox:"):
        waits = item.body.get("failures") or item.body.get("not_before", 0) > now
        place = (item.partition, str(item.body.get("origin")))
        left[place] = "parked" if waits and left.get(place) != "pending" else "pending"
    unfinished: dict[tuple[str, str], str] = {}
    along: list[tuple[str, str]] = []
    count = dict.fromkeys(("accepted", "done", "parked", "dead", "pending", "repeated"), 0)
    async for item in every(fabric.store, "accepted:"):
        if not _belongs(fabric, scope, item):
            continue
        place = (item.partition, item.id.removeprefix("accepted:"))
        if leader := item.body.get("with"):
            along.append((item.partition, leader))
            continue
        if place in dead:
            fate = "dead"
        elif item.due is not None:
            fate = "parked" if item.body.get("parked") else "pending"
        else:
            fate = left.get(place, "done")
        if fate != "done":
            unfinished[place] = fate
        count["accepted"] += 1
        count[fate] += 1
    for place in along:
        count["accepted"] += 1
        count[unfinished.get(place, "done")] += 1
    count["repeated"] = len(
        [i async for i in every(fabric.store, "repeat:") if _belongs(fabric, scope, i)]
    )
    return count


def _belongs(fabric: Fabric, scope: Scope, item: Item) -> bool:
    bot = item.partition.partition(".")[0]
    return scope.takes(bot, fabric.bots.get(bot))


def balanced(count: dict[str, int]) -> bool:
    return count["accepted"] == sum(count[fate] for fate in ("done", "parked", "dead", "pending"))
