"""Holds dialogues with a bot through the real pipeline, several at a time.

Each is a new conversation with a new person, typed as on the web. In a round every dialogue says
its next line; the round ends when no queue has anything left to do.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from evaluation.case import Case, Line
from evaluation.judge import Heard, Verdict, verdict
from evaluation.reply import Reply
from shared.activity import Activity
from shared.bot import Bot
from shared.channels.directline.log import ActivityLog
from shared.channels.directline.typed import typed
from shared.errors import TransientError
from shared.event import Event
from shared.fabric import Fabric
from shared.pipeline.door.accept import accept, arrival, at_rest
from shared.ports.channel import Inbound
from shared.records.conversation import load

TOGETHER = 4
"""Dialogues that are held at once: as many as the turns that a bot has at once by default."""

LOOK_SECONDS = 0.01
CALM_LOOKS = 2
"""Looks in a row that find nothing under way before a round is over."""


@dataclass(frozen=True, slots=True)
class Held:
    """A case, and the verdict on each line that was said."""

    case: Case
    verdicts: Sequence[Verdict]

    @property
    def is_whole(self) -> bool:
        """Whether no judged turn is wrong."""
        return all(not one.failures for one in self.verdicts)


@dataclass
class _Dialogue:
    case: Case
    bot: Bot
    conversation: str
    left: list[Line] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    read: int = 0
    inbound: Inbound | None = None
    began: float = 0.0
    answered: float = 0.0

    def next_line(self) -> Line | None:
        """The next line that the bot's last reply asks for, or that nothing must ask for."""
        while self.left:
            line = self.left.pop(0)
            asked = self.verdicts[-1].reply.asks_for if self.verdicts else frozenset()
            if not line.when or asked & set(line.when):
                return line
        return None


class TooLong(TransientError):
    """The bot was not done with these cases within the time for a round."""


class Stage:
    """`idle()` says whether this process has work under way; `check()` raises to end it all."""

    def __init__(
        self,
        fabric: Fabric,
        idle: Callable[[], bool],
        *,
        round_seconds: float,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        self._fabric = fabric
        self._idle = idle
        self._seconds = round_seconds
        self._check = check
        self._log = ActivityLog(fabric.store)

    async def hold(self, cases: Sequence[Case], run: str = "") -> AsyncIterator[Held]:
        """Hold every case, in order. `run` tells conversations of several runs apart.

        Raises TooLong.
        """
        for first in range(0, len(cases), TOGETHER):
            dialogues = [self._begin(case, run) for case in cases[first : first + TOGETHER]]
            while lines := [
                (dialogue, line) for dialogue in dialogues if (line := dialogue.next_line())
            ]:
                await self._round(lines)
            for dialogue in dialogues:
                yield Held(dialogue.case, dialogue.verdicts)

    def key_of(self, case: Case, run: str = "") -> str:
        """The partition in which the case's conversation is kept."""
        conversation = _named(case, run)
        bot, user = self._fabric.bots[case.bot], f"person-of-{conversation}"
        return typed(bot, "", user=user, conversation=conversation).reference.key

    def _begin(self, case: Case, run: str) -> _Dialogue:
        conversation = _named(case, run)
        return _Dialogue(case, self._fabric.bots[case.bot], conversation, left=list(case.lines))

    async def _round(self, lines: Sequence[tuple[_Dialogue, Line]]) -> None:
        heard: dict[str, list[Activity]] = {}
        for dialogue, line in lines:
            number = len(dialogue.verdicts)
            dialogue.inbound = typed(
                dialogue.bot,
                line.say,
                user=f"person-of-{dialogue.conversation}",
                conversation=dialogue.conversation,
                id=f"{dialogue.conversation}-{number}",
                locale=dialogue.case.language,
            )
            heard[dialogue.conversation] = []
            dialogue.began = dialogue.answered = monotonic()
            await self._fabric.web.record(dialogue.inbound)
            await accept(self._fabric, [dialogue.inbound])
        try:
            async with asyncio.timeout(self._seconds):
                await self._listen([dialogue for dialogue, _ in lines], heard)
        except TimeoutError:
            ids = ", ".join(dialogue.case.id for dialogue, _ in lines)
            raise TooLong(f"no end within {self._seconds:g} s; among the cases {ids}") from None
        for dialogue, line in lines:
            await self._judge(dialogue, line, heard[dialogue.conversation])

    async def _listen(
        self, dialogues: Sequence[_Dialogue], heard: Mapping[str, list[Activity]]
    ) -> None:
        calm = 0
        while calm < CALM_LOOKS:
            self._check()
            rests = self._idle() and [await self._rests(dialogue) for dialogue in dialogues]
            calm = calm + 1 if rests and all(rests) else 0
            for dialogue in dialogues:
                activities, dialogue.read = await self._log.read(
                    dialogue.conversation, dialogue.read
                )
                said = [a for a in activities if a.is_message and a.sender.get("role") == "bot"]
                if said:
                    dialogue.answered = monotonic()
                    heard[dialogue.conversation] += said
            await asyncio.sleep(LOOK_SECONDS)

    async def _rests(self, dialogue: _Dialogue) -> bool:
        return dialogue.inbound is not None and await at_rest(self._fabric, dialogue.inbound)

    async def _judge(self, dialogue: _Dialogue, line: Line, messages: list[Activity]) -> None:
        assert dialogue.inbound is not None  # noqa: S101 -- its line has been said
        drafts = await self._drafts(arrival(dialogue.inbound))
        reply = Reply(messages, drafts, dialogue.answered - dialogue.began)
        past = [one.reply for one in dialogue.verdicts]
        said = [*(one.line.say for one in dialogue.verdicts), line.say]
        dialogue.verdicts.append(verdict(line, Heard(reply, said, past)))

    async def _drafts(self, event: Event) -> list[Mapping[str, Any]]:
        """The forms that the skill with the floor has begun."""
        conversation = await load(self._fabric.store, event)
        state = conversation.state.get(conversation.floor, {})
        begun = list(_begun(state.get("forms", {})))
        return [{"answers": state["form"]}, *begun] if "form" in state else begun


def _named(case: Case, run: str) -> str:
    return "-".join(filter(None, ("eval", run, case.id)))


def _begun(forms: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> Iterator[Mapping[str, Any]]:
    for drafts in forms.values():
        yield from drafts.values()
