"""The ledger's entries one by one, for what the daily figures do not keep apart."""

from collections.abc import AsyncIterator

from shared.fabric import Fabric
from shared.governance.batch import MAX_PENDING, pending
from shared.operations.reports.period import Period
from shared.operations.reports.turns import Scope
from shared.ports.store import every
from shared.records.ledger_entry import PREFIX, LedgerEntry


async def entries(fabric: Fabric, scope: Scope, period: Period) -> AsyncIterator[LedgerEntry]:
    """Walk the ledger: for reports, never in a turn."""
    uncounted = await pending(fabric.store, MAX_PENDING)
    waiting = {(one.entry.partition, one.entry.id): one.entry for one in uncounted}

    def wanted(entry: LedgerEntry) -> bool:
        about = scope.is_about(entry.skill, entry.version, entry.manifest) and entry.at in period
        return about and scope.takes(entry.bot, fabric.bots.get(entry.bot))

    async for item in every(fabric.store, PREFIX):
        waiting.pop((item.partition, item.id), None)
        entry = LedgerEntry.from_item(item)
        if wanted(entry):
            yield entry
    for entry in waiting.values():
        if wanted(entry):
            yield entry
