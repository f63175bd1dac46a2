"""Turns that were taken, read from transcripts, and how the same words fare with today's code."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from evaluation.case import Case, Line
from evaluation.reply import TICKET
from shared.ports.store import Item
from shared.records.seen import MESSAGE

_TIME = re.compile(r"\b\d{1,2}:\d{2}\b")


@dataclass(frozen=True, slots=True)
class Exchange:
    """What a person said, the skills that it went through, and all that was answered.

    `tools` are those that models called, `effects` the kinds of what else was done: facts, a
    person who was asked for.
    """

    say: str
    route: Sequence[str]
    replies: Sequence[str]
    at: float
    tools: Sequence[str] = ()
    effects: Sequence[str] = ()

    @property
    def text(self) -> str:
        """The replies, without what is another each time: numbers of tickets, times of day."""
        return _TIME.sub("(time)", TICKET.sub("(ticket)", "\n".join(self.replies)))


@dataclass(slots=True)
class Conversation:
    """The exchanges of one conversation, in order. `bot` is an id."""

    key: str
    bot: str
    exchanges: list[Exchange] = field(default_factory=list)

    def to_case(self) -> Case:
        """The same words, to be said again; what was not typed (cards, files) is left out."""
        lines = [Line(exchange.say) for exchange in self.exchanges]
        return Case(self.key, self.bot, "", "replay", lines)


@dataclass(frozen=True, slots=True)
class Difference:
    """`what` is `route`, `tools`, `text` or `effects`.

    `number` counts the exchanges of the conversation from 1.
    """

    conversation: str
    number: int
    say: str
    what: str
    was: str
    now: str


def conversations(items: Iterable[Item]) -> Iterator[Conversation]:
    """Group items of transcripts, which come in order of partition and time.

    What programs said to a skill by its API is left out: nobody routed it.
    """
    current: Conversation | None = None
    route: list[str] = []
    replies: list[str] = []
    tools: list[str] = []
    effects: list[str] = []
    for item in items:
        if current is None or item.partition != current.key:
            if current and current.exchanges:
                yield current
            current = Conversation(item.partition, item.partition.partition(".")[0])
            route, replies, tools, effects = [], [], [], []
        body = item.body
        by_api = item.partition.split(".")[1:2] == ["api"]
        if by_api or body.get("type", MESSAGE) != MESSAGE or not body["text"]:
            continue
        route.append(body["skill"])
        replies += [text for text in body["replies"] if text]
        tools += body.get("tools", ())
        effects += body.get("effects", ())
        if not body.get("handed_to"):
            done = (tuple(tools), tuple(effects))
            said = Exchange(body["text"], tuple(route), tuple(replies), float(body["at"]), *done)
            current.exchanges.append(said)
            route, replies, tools, effects = [], [], [], []
    if current and current.exchanges:
        yield current


def newest(found: Sequence[Conversation], exchanges: int) -> list[Conversation]:
    """The conversations of the last so many exchanges, each whole, the oldest first."""
    chosen: list[Conversation] = []
    left = exchanges
    for conversation in sorted(found, key=lambda one: -one.exchanges[-1].at):
        if left <= 0:
            break
        chosen.append(conversation)
        left -= len(conversation.exchanges)
    return chosen[::-1]


def differences(was: Conversation, now: Conversation) -> Iterator[Difference]:
    """How the exchanges of the second differ from those of the first."""
    for number, before in enumerate(was.exchanges, start=1):
        after = now.exchanges[number - 1] if number <= len(now.exchanges) else None
        pairs = {
            "route": (" > ".join(before.route), " > ".join(after.route) if after else ""),
            "tools": (", ".join(before.tools), ", ".join(after.tools) if after else ""),
            "text": (before.text, after.text if after else ""),
            "effects": (", ".join(before.effects), ", ".join(after.effects) if after else ""),
        }
        for what, (old, new) in pairs.items():
            if old != new:
                yield Difference(was.key, number, before.say, what, old, new)
