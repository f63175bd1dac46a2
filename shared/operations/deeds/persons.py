"""A person's export, legal hold and erasure, each on record and the last with a receipt.

The record names the person by a pseudonym; its key is destroyed with what is kept of them, so
that what stays on record is nobody's.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from hashlib import sha256
from typing import Any

from shared.errors import Conflict, PermanentError
from shared.event import utc_now
from shared.fabric import Fabric
from shared.governance import audit, rollup
from shared.governance.access import ALL, Departments
from shared.governance.audit import Operator
from shared.governance.audit.canonical import canonical
from shared.governance.hold import held, hold_id
from shared.governance.pseudonym import PERSONS, key_id, pseudonym
from shared.operations.deeds.record import on_record
from shared.operations.reports import person as reports
from shared.operations.reports.person import Kept, Shown, summed
from shared.ports.store import FOR_EVER, Delete, Item, Put
from shared.records import acceptance, signed_in
from shared.records.conversation import rows_of
from shared.records.effect import OUTBOX
from shared.records.file import PREFIX as FILE
from shared.records.file import StoredFile
from shared.records.row import Row

PURPOSE, LEGAL = "data-subject-request", "legal"
AT_ONCE = 50
"""Items that one write deletes."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was erased. `left` is what came or changed meanwhile, or is on its way.

    `digest` is over all the rest, and stands in the audit entry of the erasure.
    """

    person: str
    at: str
    reason: str
    erased: list[Kept]
    left: list[Kept]
    digest: str = field(default="", compare=False)

    @classmethod
    def read(cls, body: dict[str, Any]) -> "Receipt":
        """Read what `asdict` made. Raises KeyError or TypeError for anything else."""
        lists = {name: [Kept(**kept) for kept in body[name]] for name in ("erased", "left")}
        return cls(**{**body, **lists})

    def sealed(self) -> "Receipt":
        return Receipt(self.person, self.at, self.reason, self.erased, self.left, digest_of(self))


def digest_of(receipt: Receipt) -> str:
    body = {name: value for name, value in asdict(receipt).items() if name != "digest"}
    return sha256(canonical(body)).hexdigest()


async def show(fabric: Fabric, who: Operator, id: str, reason: str) -> Shown:
    """Count what there is of a person; that somebody looked is on record."""
    found: list[Shown] = []

    async def look() -> None:
        found.append(await reports.show(fabric, id))

    target = {"person": await pseudonym(fabric.store, id), "reason": reason}
    await on_record(fabric, who, "person.show", target, look, purpose=PURPOSE)
    return found[0]


async def export(
    fabric: Fabric, who: Operator, id: str, reason: str, departments: Departments = ALL
) -> dict[str, Any]:
    """Hand out everything there is of a person. What cannot be recorded is not handed out."""
    found: dict[str, Any] = {}

    async def collect() -> None:
        found.update(await reports.export(fabric, id, departments))

    target = {"person": await pseudonym(fabric.store, id), "reason": reason}
    await on_record(fabric, who, "person.export", target, collect, purpose=PURPOSE)
    return found


async def hold(fabric: Fabric, who: Operator, id: str, reason: str) -> None:
    """Keep everything there is of a person, past its time and against erasure, until `release`."""
    target = {"person": await pseudonym(fabric.store, id), "reason": reason}
    deed = partial(_hold, fabric, id, reason)
    await on_record(fabric, who, "person.hold", target, deed, purpose=LEGAL)


async def release(fabric: Fabric, who: Operator, id: str, reason: str) -> None:
    """End a legal hold; what it kept past its time stays until it is erased."""
    target = {"person": await pseudonym(fabric.store, id), "reason": reason}

    async def end() -> None:
        await fabric.store.write(PERSONS, Delete(hold_id(id)))

    await on_record(fabric, who, "person.release", target, end, purpose=LEGAL)


async def erase(
    fabric: Fabric, who: Operator, id: str, reason: str, departments: Departments = ALL
) -> Receipt:
    """Delete everything there is of a person that is not newer than this call.

    Raises PermanentError `held` when a legal hold forbids it.
    """
    name = await pseudonym(fabric.store, id)
    receipts: list[Receipt] = []

    async def deed() -> None:
        if why := await held(fabric.store, id):
            raise PermanentError(
                "held",
                f"a legal hold forbids it: {why}; nothing was erased. It ends with "
                "botfabric person show ID --reason TEXT --release",
            )
        receipts.append(await _erase(fabric, id, name, reason, departments))

    target = {"person": name, "reason": reason}
    await on_record(fabric, who, "person.erase", target, deed, purpose=PURPOSE)
    [receipt] = receipts
    proof = {"person": name, "receipt": receipt.digest}
    await fabric.audit.record(who, "person.receipt", proof, audit.DONE, purpose=PURPOSE)
    if departments.everywhere and not receipt.left:
        await fabric.store.write(PERSONS, Delete(key_id(id)))
    return receipt


async def faults(fabric: Fabric, id: str, receipt: Receipt) -> list[str]:
    """Say what speaks against a receipt: that it was changed, is not on record, or is not so."""
    found = []
    if digest_of(receipt) != receipt.digest:
        found.append("the receipt was changed: its digest is another one")
    recorded = {
        entry.target.get("receipt")
        async for entry in audit.entries(fabric.store)
        if entry.action == "person.receipt"
    }
    if receipt.digest not in recorded:
        found.append("the receipt is not on record in the audit")
    for kept in summed(await reports.records(fabric, id)):
        found.append(f"{kept.count} of kind {kept.kind} are kept of the person")
    return found


async def _hold(fabric: Fabric, id: str, reason: str) -> None:
    """Say that it is held, then write what would expire anew, for ever.

    What is to be counted is counted before: a roll-up gives back the end that an item had.
    """
    memory_mb = fabric.settings.function_memory_mb
    await rollup.roll_up(fabric.store, fabric.bots, memory_mb)
    body = {"reason": reason, "at": utc_now()}
    await fabric.store.write(PERSONS, Put(hold_id(id), body))
    for item in await reports.records(fabric, id):
        try:
            due = None if item.id.startswith(FILE) else item.due  # no sweep may find a file
            lasting = Put(item.id, item.body, etag=item.etag, due=due, ttl=FOR_EVER)
            await fabric.store.write(item.partition, lasting)
        except Conflict:
            continue  # a turn has written it anew meanwhile


async def _erase(
    fabric: Fabric, id: str, name: str, reason: str, departments: Departments
) -> Receipt:
    marks = await reports.marks_of(fabric, id)
    bots = [bot.id for bot in fabric.bots.values() if bot.department in departments]
    names = marks.exact | marks.partitions
    await rollup.forget(fabric.store, fabric.bots, fabric.settings.function_memory_mb, bots, names)
    found = await reports.records(fabric, id, departments, marks=marks)
    partitions: defaultdict[str, list[Item]] = defaultdict(list)
    rows = await rows_of(fabric.store)
    for item in found:
        if not _is_on_its_way(item, rows):
            partitions[item.partition].append(item)
    await _sign_out(fabric, found)
    erased: list[Item] = []
    for where, items in partitions.items():
        for start in range(0, len(items), AT_ONCE):
            erased += await _delete(fabric, where, items[start : start + AT_ONCE])
    left = await reports.records(fabric, id, departments, marks=marks)
    return Receipt(name, utc_now(), reason, summed(erased), summed(left)).sealed()


def _is_on_its_way(item: Item, rows: Mapping[str, Row]) -> bool:
    """Tell whether it is of a message that has not arrived: erased once it has."""
    if item.id.startswith(acceptance.PREFIX):
        return acceptance.Acceptance.from_item(item).is_open(rows[item.partition])
    return item.id.startswith(OUTBOX) and item.due is not None


async def _sign_out(fabric: Fabric, found: Sequence[Item]) -> None:
    """Have the token service forget the person, who is named there by what goes now.

    Raises Unavailable: nothing has been erased then.
    """
    for item in found:
        signed = signed_in.place_of(item)
        if signed and (bot := fabric.bots.get(signed.reference.bot)) and signed.holder:
            await fabric.people.token_service.sign_out(bot, signed.holder)


async def _delete(fabric: Fabric, where: str, items: Sequence[Item]) -> Sequence[Item]:
    """Delete what is as it was read, together or else one by one. Return what is gone.

    The blob of a file goes before its record.
    """
    for item in items:
        if item.id.startswith(FILE):
            await fabric.blobs.delete(StoredFile.of(item).blob)
    try:
        await fabric.store.write(where, *(Delete(item.id, etag=item.etag) for item in items))
    except Conflict:
        if len(items) == 1:
            return ()
        return [gone for item in items for gone in await _delete(fabric, where, [item])]
    return items
