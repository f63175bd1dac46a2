"""Admission: a bot's messages enter the queues, which all bots share, at the bot's own pace.

What comes faster is accepted all the same and enqueued with a delay, so that it waits outside
the queues and in nobody's way. Each process that takes webhooks has the buckets of each bot:
the pace is shared by persons, then by networks, then by channels. While there is room everybody
goes at once; when there is none, who says much waits for their own share, and who says their
first word does not wait behind them.
"""

from collections import OrderedDict, defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from time import monotonic, time

from shared.bot import Bot
from shared.governance.limits.visitor import Visitor
from shared.records.acceptance import Acceptance

BURST_SECONDS = 0.5
"""What a bot may take of its pace at once."""

GAP = 0.05
"""Seconds by which a message of a conversation is scheduled behind a scheduled one."""

ANONYMOUS_SHARE = 0.5
"""Of a bot's pace, what people get whom no channel knows, where another channel knows others."""

NETWORK_SHARE = 0.5
"""Of what anonymous people get, what one network of them gets."""

OWN_SHARE = 0.5
"""Of the pace, what those share who say more than there is room for; the rest is for the others."""

CROWD_SECONDS = 5.0
"""A person counts among those who share a bot's pace this long after their last message."""

FURTHEST_SECONDS = 600.0
"""No pace schedules a message further ahead; a note that says so is of a clock that was wrong."""


@dataclass(slots=True)
class Bucket:
    """Tokens, kept as the monotonic time at which it will be full again."""

    full: float = 0.0

    def wait(self, now: float, rate: float, burst: float = 0.0) -> float:
        """Return the seconds until a token that is taken now may be used."""
        owed = max(0.0, self.full - now)
        return max(0.0, owed - max(0.0, burst - 1 / rate))

    def take(self, now: float, rate: float, burst: float = 0.0) -> float:
        """Take a token and return the seconds until it may be used."""
        seconds = self.wait(now, rate, burst)
        self.full = max(now, self.full) + 1 / rate
        return seconds


class Crowd:
    """What the persons or networks of one bot have taken lately, each in a bucket of their own."""

    def __init__(self) -> None:
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def bucket(self, name: str, now: float) -> Bucket:
        """Return the bucket of `name`; forget those who have taken nothing for a while."""
        bucket = self._buckets.get(name)
        if bucket is None:
            bucket = self._buckets[name] = Bucket()
        self._buckets.move_to_end(name)
        while self._buckets:
            oldest = next(iter(self._buckets))
            if oldest == name or self._buckets[oldest].full > now - CROWD_SECONDS:
                break
            del self._buckets[oldest]
        return bucket

    def __len__(self) -> int:
        return len(self._buckets)


class Admission:
    """The buckets of one process."""

    def __init__(self) -> None:
        self._channels: defaultdict[tuple[str, bool], Bucket] = defaultdict(Bucket)
        self._persons: defaultdict[tuple[str, bool], Crowd] = defaultdict(Crowd)
        self._networks: defaultdict[str, Crowd] = defaultdict(Crowd)

    def slot(self, bot: Bot, visitor: Visitor | None = None) -> float:
        """Take a token and return the Unix time from which it may be used: now, or later.

        Without a `visitor` the platform itself asks, for work that it held back.
        """
        return time() + self._seconds(bot, visitor, taking=True)

    def wait(self, bot: Bot, visitor: Visitor) -> float:
        """Return the seconds that the visitor's next message would wait; takes nothing."""
        return self._seconds(bot, visitor, taking=False)

    def _seconds(self, bot: Bot, visitor: Visitor | None, *, taking: bool) -> float:
        now, anonymous = monotonic(), visitor is not None and visitor.anonymous
        rate = bot.limits.turns_per_second * (_anonymous_share(bot) if anonymous else 1.0)
        shared = self._channels[bot.id, anonymous]
        seconds = shared.wait(now, rate, BURST_SECONDS)
        if visitor is None:
            return shared.take(now, rate, BURST_SECONDS)
        own = self._own(bot, visitor, rate, now)
        owed = max(bucket.wait(now, share) for bucket, share in own)
        ahead = owed > max(1 / share for _, share in own)  # what they said before waits already
        in_debt = owed > 0 and (seconds > 0 or ahead)
        if taking:
            for bucket, share in own:
                least = bucket.full
                bucket.take(now, share)
                if not in_debt:
                    bucket.full = max(least, min(bucket.full, now + 1 / share))
            if not in_debt:
                shared.take(now, rate, BURST_SECONDS)
        return max(seconds, owed) if in_debt else seconds

    def _own(
        self, bot: Bot, visitor: Visitor, rate: float, now: float
    ) -> list[tuple[Bucket, float]]:
        """The buckets that are the visitor's and their network's, each with its share."""
        persons = self._persons[bot.id, visitor.anonymous]
        person = persons.bucket(visitor.person, now)
        own = [(person, rate * OWN_SHARE / len(persons))]
        if visitor.network:
            networks = self._networks[bot.id]
            own.append((networks.bucket(visitor.network, now), rate * NETWORK_SHARE))
        return own


def _anonymous_share(bot: Bot) -> float:
    vouched = bot.channels.teams or bot.channels.whatsapp
    return ANONYMOUS_SHARE if vouched else 1.0


def not_before(bot: Bot, slot: float, unfinished: Collection[Acceptance]) -> float:
    """The Unix time to schedule a message for; 0 when it may go at once.

    `unfinished` are the notes of what was accepted before in its conversation. Behind one that
    was scheduled it is scheduled too, even if that is due by now: the broker may not have
    enqueued it yet. More than the conversation may have done in a minute come in its pace.
    """
    now, pace = time(), bot.limits.turns_per_minute_per_conversation
    last = max((note.not_before for note in unfinished), default=0.0)
    last = min(last, now + FURTHEST_SECONDS)
    at = slot if slot > now else 0.0
    if len(unfinished) >= pace:
        return max(at, max(last, now) + max(GAP, 60 / pace))
    return max(at, last + GAP, now + GAP) if last else at
