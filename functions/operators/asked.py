"""What the queries of reports have in common: `bot`, `department`, `since` and `until`."""

from time import time
from typing import TYPE_CHECKING

from functions.operator import Ask, Foreign
from shared.errors import ConfigurationError, Rejected

if TYPE_CHECKING:
    from shared.operations.reports.period import Period
    from shared.operations.reports.turns import Scope


def asked_scope(ask: Ask) -> "Scope":
    """Narrow to the operator's departments.

    Raises Rejected (404) for a bot or a department that is not there or not the operator's.
    """
    from shared.operations.reports.turns import Scope

    bot, department = ask.text("bot"), ask.text("department")
    if bot:
        ask.bot(bot)
    if department and department not in ask.departments:
        raise Foreign("department")
    everywhere = ask.departments.everywhere
    return Scope(bot, department, departments=None if everywhere else ask.departments.names)


def asked_period(ask: Ask) -> "Period":
    """Raises Rejected (400) for what is no time."""
    from shared.operations.reports.period import period

    try:
        return period(ask.text("since"), ask.text("until"), time())
    except ConfigurationError as error:
        raise Rejected(
            400, "write since and until as 12h, 7d or 4w, or a date such as 2026-11-01"
        ) from error
