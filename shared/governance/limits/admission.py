"""Admission: a bot's messages enter the queues, which all bots share, at the bot's own pace.

What comes faster is accepted all the same and enqueued with a delay, so that it waits outside
the queues and in nobody's way. Each process that takes webhooks has a bucket for each bot.
"""

from collections.abc import Collection
from time import time

from shared.bot import Bot
from shared.ports.store import Item

BURST_SECONDS = 0.5
"""What a bot may take of its pace at once."""

GAP = 0.05
"""Seconds by which a message of a conversation is scheduled behind a scheduled one."""


class Admission:
    """A token bucket for each bot, kept as the time at which it will be full again."""

    def __init__(self) -> None:
        self._full: dict[str, float] = {}

    def slot(self, bot: Bot) -> float:
        """Take a token and return the Unix time from which it may be used: now, or later."""
        now = time()
        full = max(now, self._full.get(bot.id, 0.0)) + 1 / bot.limits.turns_per_second
        self._full[bot.id] = full
        return max(now, full - max(BURST_SECONDS, 1 / bot.limits.turns_per_second))


def not_before(bot: Bot, slot: float, unfinished: Collection[Item]) -> float:
    """The Unix time to schedule a message for; 0 when it may go at once.

    `unfinished` are the notes of what was accepted before in its conversation. Behind one that
    was scheduled it is scheduled too, even if that is due by now: the broker may not have
    enqueued it yet. More than the conversation may have done in a minute come in its pace.
    """
    now, pace = time(), bot.limits.turns_per_minute_per_conversation
    last = max((float(item.body.get("not_before", 0.0)) for item in unfinished), default=0.0)
    at = slot if slot > now else 0.0
    if len(unfinished) >= pace:
        return max(at, max(last, now) + max(GAP, 60 / pace))
    return max(at, last + GAP, now + GAP) if last else at
