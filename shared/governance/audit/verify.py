"""Whether the audit is what was written: the first entry that was changed, removed or added."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from shared.governance.audit.anchor import Anchored
from shared.governance.audit.chain import DAY_PREFIX, HEAD, Link, days, expired
from shared.governance.audit.entry import PARTITION_PREFIX, PREFIX, Entry, digest_of, partition
from shared.ports.store import Item, Store, every


async def broken(store: Store, anchors: Sequence[Anchored] = ()) -> str:
    """Say where the audit is not what was written; "" when it is whole.

    Its oldest entries may have expired. Who can write to the store can write every chain anew:
    only `anchors`, which are kept elsewhere, and the digests in the log tell then.
    """
    chains: defaultdict[str, list[Item]] = defaultdict(list)
    async for item in every(store, PREFIX):
        if not item.partition.startswith(PARTITION_PREFIX):
            continue
        chains[item.partition.removeprefix(PARTITION_PREFIX)].append(item)
    links = {i.id.removeprefix(DAY_PREFIX): Link(**i.body) async for i in days(store)}
    digests: dict[str, str] = {}
    for day in sorted({*chains, *links}):
        found = chains.get(day, [])
        head = await store.get(partition(day), HEAD)
        if fault := _chain(day, found, links.get(day), Link(**head.body) if head else None):
            return fault
        link = links[day]
        if link.number and link.id not in digests and not expired(link.at):
            return f"entry {link.id} was removed"
        if link.id in digests and digests[link.id] != link.digest:
            return f"entry {link.id} was changed"
        digests |= {f"{day}/{item.body['number']}": item.body["digest"] for item in found}
    return next(filter(None, (_against(anchored, digests) for anchored in anchors)), "")


def _chain(day: str, items: Iterable[Item], link: Link | None, head: Link | None) -> str:
    """Say what is wrong within one day."""
    entries = [(item, Entry.from_item(item)) for item in items]
    if not entries:
        gone = link is not None and head is not None and not expired(head.at)
        return f"entry {day}/1 was removed" if gone else ""
    if link is None:
        return f"entry {day}/1 is tied to no day before: the item of its day was removed"
    last = Link()
    for item, entry in entries:
        place = f"{day}/{int(item.id.removeprefix(PREFIX))}"
        if entry.id != place or not entry.digest or entry.digest != digest_of(item.body):
            return f"entry {place} was changed"
        if head is not None and entry.number > head.number:
            return f"entry {place} was added"
        if not last.number and entry.number > 1 and not expired(entry.before):
            return f"entry {day}/1 was removed"
        if last.number and entry.number != last.number + 1:
            return f"entry {day}/{last.number + 1} was removed"
        before = last if last.number else link
        if (last.number or entry.number == 1) and entry.previous != before.digest:
            return f"entry {before.id if last.number else place} was changed"
        last = Link(day, entry.number, entry.at, entry.digest)
    if head is None:
        return f"the head of the chain of {day} was removed"
    if head.number != last.number:
        return f"entry {day}/{last.number + 1} was removed"
    return "" if head.digest == last.digest else f"entry {last.id} was changed"


def _against(anchored: Anchored, digests: Mapping[str, str]) -> str:
    if not anchored.is_whole:
        return f"the anchor of {anchored.day} was changed: its root is not that of its leaves"
    for number, (digest, at) in enumerate(zip(anchored.leaves, anchored.times, strict=True), 1):
        id = f"{anchored.day}/{number}"
        if id not in digests and not expired(at):
            return f"entry {id} was removed since it was anchored"
        if digests.get(id, digest) != digest:
            return f"entry {id} was changed since it was anchored"
    return ""
