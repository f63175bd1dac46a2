"""What is said in a run, by whom, and what must come of it, as a plain model."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from random import Random

from shared.errors import PermanentError
from shared.skill import Skill
from shared.turn import Turn

BOT = "drill"
TALK, FILE, DESK, BUSY, BAD, BUG = "talk", "file", "/clerk", "busy", "bad", "bug"
KINDS = (TALK, FILE, DESK, BUSY, BAD, BUG)
"""Answered at once; in three hops; by command in two; by a model; never; by one with a bug."""

DEADLY = (BAD, BUG)

QUEUES = ("skill-front", "skill-clerk", "skill-teller")
"""Of its skills; beside them a run needs those of the platform."""


@dataclass(frozen=True, slots=True)
class Input:
    """One message of a person: its channel id, and a text that no other message has."""

    conversation: str
    id: str
    kind: str

    @property
    def text(self) -> str:
        return f"{self.kind} {self.id}"


def skills(think: Callable[[], Awaitable[None]]) -> list[Skill]:
    """`front` answers or hands on to `clerk`, whose facts `teller` hears; each counts its turns.

    A count that is off says that a turn was applied twice, or not at all. `think` stands for a
    model that may be throttled.
    """
    front, clerk = Skill("front", "Answers or hands on"), Skill("clerk", "Files")
    teller = Skill("teller", "Tells what was filed")

    @front.on_message
    async def answer(turn: Turn) -> None:
        kind = turn.text.split()[0]
        number = counted(turn)
        if kind == FILE:
            turn.hand_off("clerk")
            return
        if kind == BUSY:
            await think()
        elif kind == BAD:
            raise PermanentError("no_such_account", "a backend has no record of it")
        elif kind == BUG:
            raise ZeroDivisionError
        turn.reply(f"front {number}: {turn.text}")

    @clerk.on_message
    async def file(turn: Turn) -> None:
        turn.reply(f"clerk {counted(turn)}: {turn.text}")
        turn.emit("paper.filed", {"title": turn.text}, subject=turn.text)

    @teller.on_event("paper.filed")
    async def tell(turn: Turn) -> None:
        turn.reply(f"told {counted(turn)}: {turn.data['title']}")

    return [front, clerk, teller]


def counted(turn: Turn) -> int:
    turn.state["n"] = turn.state.get("n", 0) + 1
    return int(turn.state["n"])


def inputs(rng: Random, conversations: int, messages: int) -> list[list[Input]]:
    """Some conversations, each a list of messages in the order they are said."""
    weights = (4, 4, 2, 4, 1, 0.3)
    return [
        [
            Input(f"c{c}", f"c{c}m{m}", rng.choices(KINDS, weights)[0])
            for m in range(rng.randint(1, messages))
        ]
        for c in range(conversations)
    ]


@dataclass(frozen=True, slots=True)
class Expected:
    """Of one conversation: what must be said in this order; the rest has no order.

    `titles` is what is told by facts, `dead` how many messages end with an apology. A message
    that the broker gives up leaves its session: the next one does not wait for the apology.
    """

    spoken: list[str]
    titles: list[str]
    dead: int


def expected(said: Sequence[Input]) -> Expected:
    """What a run without a fault would say, which is what every run must say."""
    count: dict[str, int] = defaultdict(int)
    spoken = []
    for one in said:
        if one.kind in DEADLY:
            continue
        who = "clerk" if one.kind in (FILE, DESK) else "front"
        for counter in {who, "front"} if one.kind != DESK else {who}:
            count[counter] += 1
        spoken.append(f"{who} {count[who]}: {one.text}")
    titles = [one.text for one in said if one.kind in (FILE, DESK)]
    return Expected(spoken, titles, sum(one.kind in DEADLY for one in said))
