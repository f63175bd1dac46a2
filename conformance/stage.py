"""Where a skill is tried: one turn after the other, without a store, a bus or a service."""

import asyncio
from collections.abc import Awaitable, Callable
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

from shared.activity import Activity, ConversationReference
from shared.ai.assistant import Assistant
from shared.ai.offline import OfflineModel
from shared.bot import Bot, Channels, WebChannel
from shared.errors import FabricError
from shared.event import ACTIVITY, Event
from shared.knowledge.articles import KnowledgeBase
from shared.skill import Skill
from shared.turn import Turn

NOW = 1_760_000_000.0
BEAT_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Said:
    """What a person says or does, in one language."""

    text: str = ""
    value: Any = None
    language: str = "en"

    def __str__(self) -> str:
        shown = repr(self.text[:40]) if self.value is None else f"a card with {self.value!r:.40}"
        return shown if self.language == "en" else f"{shown} in {self.language}"


@dataclass(frozen=True, slots=True)
class Ran:
    """What one run of a handler left behind, and how long nothing else could run meanwhile."""

    turn: Turn
    error: BaseException | None = None
    seconds: float = 0.0
    blocked: float = 0.0
    endless: bool = False

    @property
    def bug(self) -> BaseException | None:
        """What it raised, if that names no fate."""
        return None if isinstance(self.error, FabricError) else self.error

    @property
    def effects(self) -> tuple[Any, ...]:
        turn = self.turn
        failure = (type(self.error), str(self.error)) if self.error else None
        return (
            turn.replies,
            turn.facts,
            turn.handed_to,
            turn.floor,
            turn.muted,
            turn.state,
            failure,
        )


@dataclass
class Stage:
    """A bot that has one skill, and the conversation so far."""

    skill: Skill
    folder: Path
    seconds: float
    state: dict[str, Any] = field(default_factory=dict)
    floor: str = ""
    muted: bool = False
    count: int = 0

    def __post_init__(self) -> None:
        self._bot = Bot(
            id="conformance",
            name="Conformance",
            owner="conformance@contoso.example",
            department="Conformance",
            skills=[self.skill.name],
            default_skill=self.skill.name,
            channels=Channels(web=WebChannel()),
        )

    async def run(self, said: Said) -> Ran:
        """Run the message handler once, on a copy of the conversation's state."""
        turn = self._turn(said)
        if self.skill.message is None:
            return Ran(turn)
        return await _ran(turn, self.skill.message(turn), self.seconds)

    def go_on(self, ran: Ran) -> None:
        """Let the conversation continue from what a run left behind."""
        turn = ran.turn
        self.state, self.floor, self.muted = turn.state, turn.floor, turn.muted
        self.count += 1

    def _turn(self, said: Said) -> Turn:
        bot = self._bot
        sender = {"from": {"id": "ann"}, "channelId": "directline"}
        value = {} if said.value is None else {"value": said.value}
        activity = Activity(type="message", id=f"m{self.count}", text=said.text, **sender, **value)
        reference = ConversationReference(bot.id, "web", "one", user="ann")
        data = {"activity": activity, "reference": reference.to_dict()}
        return Turn(
            bot=bot,
            skill=self.skill,
            reference=reference,
            event=Event(
                f"{self.count:032x}", ACTIVITY, data, bot=bot.id, conversation=reference.key
            ),
            activity=activity,
            state=deepcopy(self.state),
            skills=[self.skill],
            ai=Assistant(OfflineModel()),
            knowledge=KnowledgeBase(self.folder).for_bot(bot),
            now=NOW + self.count,
            floor=self.floor,
            language=said.language,
            muted=self.muted,
        )


async def _ran(turn: Turn, handler: Awaitable[None], seconds: float) -> Ran:
    started = monotonic()
    async with _Pulse() as pulse:
        try:
            async with asyncio.timeout(seconds) as limit:
                await handler
        except Exception as error:
            endless = limit.expired()
            return Ran(turn, error, monotonic() - started, await pulse.longest(), endless)
    return Ran(turn, None, monotonic() - started, await pulse.longest())


class _Pulse:
    """Beats as long as the event loop is free; `longest` is the longest pause between beats."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._longest = 0.0

    async def __aenter__(self) -> "_Pulse":
        self._last = self._clock()
        self._task = asyncio.create_task(self._beat())
        await asyncio.sleep(0)
        return self

    async def __aexit__(self, *raised: object) -> None:
        self._task.cancel()
        self._note()

    async def longest(self) -> float:
        """The longest pause so far, the one that lasts until now included."""
        self._note()
        return self._longest

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            self._note()

    def _note(self) -> None:
        now = self._clock()
        self._longest = max(self._longest, now - self._last)
        self._last = now
