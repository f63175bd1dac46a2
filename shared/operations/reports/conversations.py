"""Conversations, and what was said in one: only for whoever has a purpose, and on record."""

from dataclasses import dataclass, field

from shared.errors import PermanentError
from shared.fabric import Fabric
from shared.operations.reports.period import Period
from shared.operations.reports.trace import spans_of
from shared.operations.reports.turns import Scope, turns
from shared.ports.store import Item
from shared.records.seen import MESSAGE, event_of, transcripts


@dataclass(slots=True)
class Summary:
    """A conversation without what was said in it. Times in Unix time."""

    conversation: str
    bot: str
    channel: str
    turns: int = 0
    first: float = 0.0
    last: float = 0.0


@dataclass(frozen=True, slots=True)
class Said:
    """One turn: what the person said and what the bot did."""

    at: float
    skill: str
    type: str
    text: str
    replies: list[str]
    event: str


@dataclass(frozen=True, slots=True)
class Hop:
    """One span of the conversation's traces."""

    trace: str
    name: str
    started: float
    seconds: float
    error: str


@dataclass(frozen=True, slots=True)
class Whole:
    conversation: str
    bot: str
    channel: str
    transcript: list[Said] = field(default_factory=list)
    trace: list[Hop] = field(default_factory=list)


def bot_of(key: str) -> str:
    """Return the id of the bot that a conversation's key belongs to."""
    return key.rsplit(".", 2)[0]


async def conversations(fabric: Fabric, scope: Scope, period: Period) -> list[Summary]:
    """Sum up the conversations that have turns in a period, the latest first."""
    found: dict[str, Summary] = {}
    async for turn in turns(fabric, scope, period):
        key = turn.conversation
        one = found.setdefault(key, Summary(key, turn.bot, turn.channel, first=turn.at))
        one.turns += 1
        one.first, one.last = min(one.first, turn.at), max(one.last, turn.at)
    return sorted(found.values(), key=lambda one: -one.last)


async def conversation(fabric: Fabric, key: str) -> Whole:
    """Read a transcript and its trace. Raises PermanentError when nothing is kept of it."""
    said = [_said(item) async for item in transcripts(fabric.store, key)]
    if not said:
        raise PermanentError("no_such_conversation", key)
    bot, channel, _ = key.rsplit(".", 2)
    hops = [
        Hop(span.trace_id, span.name, span.started, span.seconds, span.error)
        for span in await spans_of(fabric, key)
    ]
    return Whole(key, bot, channel, said, hops)


def _said(item: Item) -> Said:
    body = item.body
    return Said(
        at=float(body["at"]),
        skill=str(body["skill"]),
        type=str(body.get("type", MESSAGE)),
        text=str(body["text"]),
        replies=list(body["replies"]),
        event=event_of(item),
    )
