"""What the queries of reports have in common: `bot`, `department`, `since` and `until`."""

from time import time

from functions.operator import Ask
from shared.errors import ConfigurationError, Rejected
from shared.operations.reports.period import Period, period
from shared.operations.reports.turns import Scope


def asked_scope(ask: Ask) -> Scope:
    """Raises Rejected (404) for a bot that is not there."""
    bot = ask.text("bot")
    if bot and bot not in ask.fabric.bots:
        raise Rejected(404, "no_such_bot")
    return Scope(bot, ask.text("department"))


def asked_period(ask: Ask) -> Period:
    """Raises Rejected (400) for what is no time."""
    try:
        return period(ask.text("since"), ask.text("until"), time())
    except ConfigurationError as error:
        raise Rejected(400, "no_time") from error
