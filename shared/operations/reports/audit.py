"""The audit, narrowed to what somebody wants and may see."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from shared.fabric import Fabric
from shared.governance import audit
from shared.governance.access import ALL, Departments
from shared.governance.audit import Entry
from shared.operations.reports.period import Period

ALWAYS = Period()

EXACT = ("who", "action", "outcome", "purpose", "bot", "conversation", "trace")
"""What entries can be chosen by; an outcome also by its first word, such as `failed`."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is "" or left out narrows nothing."""

    who: str = ""
    action: str = ""
    outcome: str = ""
    purpose: str = ""
    bot: str = ""
    conversation: str = ""
    trace: str = ""
    period: Period = ALWAYS
    departments: Departments = ALL

    def takes(self, entry: Entry) -> bool:
        if not (self.departments.everywhere or entry.department in self.departments):
            return False
        for name in EXACT:
            wanted, is_so = getattr(self, name), getattr(entry, name)
            if wanted and wanted not in (is_so, is_so.partition(":")[0]):
                return False
        return entry.time in self.period


async def entries(fabric: Fabric, wanted: Wanted) -> AsyncIterator[Entry]:
    """Every entry that is wanted, the oldest first."""
    async for entry in audit.entries(fabric.store):
        if wanted.takes(entry):
            yield entry


async def deeds(fabric: Fabric, wanted: Wanted) -> list[Entry]:
    """One for each deed that is wanted, with its outcome."""
    return [deed for deed in await audit.deeds(fabric.store) if wanted.takes(deed)]
