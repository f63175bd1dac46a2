"""What waits, over HTTP."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from functions.operator import Ask, operator_route
from functions.operators.asked import asked_scope
from shared.governance.roles import Role

if TYPE_CHECKING:
    from shared.operations.reports.parked import Parked

LISTED = 1000


@dataclass(frozen=True, slots=True)
class Waiting:
    """The oldest `LISTED` of `total`."""

    parked: "list[Parked]"
    total: int


@operator_route("GET", "ops/parked", least=Role.AUDITOR)
async def parked(ask: Ask) -> Waiting:
    from shared.operations.reports import parked as reports

    found = await reports.parked(ask.fabric, asked_scope(ask))
    return Waiting(found[:LISTED], len(found))
