"""One conversation with one skill: real turns, and state that is stored as JSON in between."""

import json
from pathlib import Path
from typing import Any

from shared.activity import Activity, ConversationReference
from shared.ai.assistant import Assistant
from shared.ai.offline import OfflineModel
from shared.bot import Bot
from shared.event import ACTIVITY, Event
from shared.knowledge.articles import KnowledgeBase
from shared.ports.backend import Backend
from shared.records.waiting import Waiting
from shared.skill import Skill
from shared.turn import Turn


class Talk:
    """`say`, `fact` and `invoke` each run one turn; `say` and `fact` return the texts."""

    def __init__(
        self, skill: Skill, *, default_skill: str = "", ai: Assistant | None = None
    ) -> None:
        self.skill = skill
        self.ai = ai or Assistant(OfflineModel())
        self.bot = Bot(
            id="desk",
            name="Desk",
            owner="desk@contoso.example",
            department="IT",
            skills=[skill.name, default_skill] if default_skill else [skill.name],
            default_skill=default_skill or skill.name,
        )
        self.state: dict[str, Any] = {}
        self.floor = ""
        self.muted = self.broke_silence = False
        self.waiting: Waiting | None = None
        self.handed_to = ""
        self.facts: list[tuple[str, str, dict[str, Any]]] = []
        self.buttons: list[str] = []
        self.count = 0
        self.backends: dict[str, Backend] = {}

    async def say(self, text: str, *, user: str = "ann", id: str = "", **more: Any) -> list[str]:
        sender = {"from": {"id": user}}
        turn = self._turn(Activity(type="message", text=text, **sender, **more), id=id)
        assert self.skill.message is not None
        await self.skill.message(turn)
        return self._store(turn)

    async def fact(self, type: str, data: dict[str, Any], *, subject: str = "") -> list[str]:
        turn = self._turn(Activity(type="event", name=type), type, data, subject)
        await self.skill.events[type](turn)
        return self._store(turn)

    async def invoke(self, name: str, value: Any) -> dict[str, Any]:
        turn = self._turn(Activity(type="invoke", name=name, value=value))
        answer = await self.skill.invokes[name](turn)
        self._store(turn)
        assert answer is not None
        return answer

    def _turn(
        self,
        activity: Activity,
        type: str = ACTIVITY,
        data: dict[str, Any] | None = None,
        subject: str = "",
        id: str = "",
    ) -> Turn:
        self.count += 1
        event = Event(
            id or f"e{self.count}",
            type,
            data or {},
            subject=subject,
            bot="desk",
            conversation="desk.web.1",
        )
        return Turn(
            bot=self.bot,
            skill=self.skill,
            reference=ConversationReference("desk", "web", "one", user="ann"),
            event=event,
            activity=activity,
            state=json.loads(json.dumps(self.state)),
            skills=[self.skill],
            ai=self.ai,
            knowledge=KnowledgeBase(Path()).for_bot(self.bot),
            now=0.0,
            floor=self.floor,
            muted=self.muted,
            backends=self.backends,
        )

    def _store(self, turn: Turn) -> list[str]:
        self.state, self.floor, self.muted = turn.state, turn.floor, turn.muted
        self.handed_to, self.broke_silence = turn.handed_to, turn.breaks_silence
        self.waiting = None if turn.waits_no_more else turn.waiting or self.waiting
        self.facts += turn.facts
        actions = turn.replies[-1].get("suggestedActions", {}) if turn.replies else {}
        self.buttons = [action["value"] for action in actions.get("actions", ())]
        return [reply.text for reply in turn.replies]
