"""The ledger's entries one by one, for what the daily figures do not keep apart."""

from collections.abc import AsyncIterator

from shared.fabric import Fabric
from shared.operations.reports.period import Period
from shared.operations.reports.turns import Scope
from shared.ports.store import every
from shared.records.ledger_entry import PREFIX, LedgerEntry


async def entries(fabric: Fabric, scope: Scope, period: Period) -> AsyncIterator[LedgerEntry]:
    """Walk the ledger: for reports, never in a turn."""
    async for item in every(fabric.store, PREFIX):
        entry = LedgerEntry.from_item(item)
        about = scope.is_about(entry.skill, entry.version, entry.manifest)
        if about and entry.at in period and scope.takes(entry.bot, fabric.bots.get(entry.bot)):
            yield entry
