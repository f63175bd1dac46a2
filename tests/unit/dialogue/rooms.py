"""The room booking of docs/forms.md, and people who fill it in on each channel."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from shared.activity import Activity, ConversationReference
from shared.channels.whatsapp import outbound
from shared.pipeline.door.accept import accept
from shared.ports.channel import Inbound
from shared.skill import Skill
from tests.lab import Lab

DOCS = Path(__file__).parents[3] / "docs" / "forms.md"


def _friday() -> date:
    today = date.today()
    return today + timedelta(days=(4 - today.weekday() - 1) % 7 + 1)


FRIDAY = _friday().isoformat()


def example() -> dict[str, Any]:
    """Run the example as it stands on the page, and return its names."""
    [code] = re.findall(r"```python\n(.*?)```", DOCS.read_text(), re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(code, str(DOCS), "exec"), names)
    return names


def rooms() -> Skill:
    skill = example()["skill"]
    assert isinstance(skill, Skill)
    return skill


class Chat:
    """One person with one bot on a channel; what was sent is what that channel shows."""

    def __init__(
        self, fabric: Lab, channel: str, user: str = "ann", *, group: bool = False
    ) -> None:
        self.fabric, self.channel, self.user, self.group = fabric, channel, user, group
        self.seen = 0
        self.key = ""

    async def say(self, text: str = "", **more: Any) -> list[Activity]:
        """Say something, or submit `value`; returns what the bot said to it."""
        self.fabric.count += 1
        more.setdefault("locale", "en-GB")
        activity = Activity(
            type="message",
            id=f"m{self.fabric.count}",
            text=text,
            **more,
            **{"from": {"id": self.user}},
        )
        reference = ConversationReference(
            "lab",
            self.channel,
            "room" if self.group else self.user,
            user=self.user,
            locale=more["locale"],
            is_group=self.group,
            reply_to=activity.id,
        )
        self.key = reference.key
        await accept(self.fabric, [Inbound(self.fabric.bots["lab"], reference, activity)])
        await self.fabric.drain()
        said = [activity for _, activity in self.fabric.memory.sent[self.seen :]]
        self.seen = len(self.fabric.memory.sent)
        return said

    async def last(self, text: str = "", **more: Any) -> str:
        return (await self.say(text, **more))[-1].text


def card_of(activity: Activity) -> dict[str, Any]:
    [attachment] = activity.attachments
    content = attachment["content"]
    assert isinstance(content, dict)
    return content


def titles(activity: Activity) -> list[str]:
    return [action["title"] for action in activity.get("suggestedActions", {}).get("actions", [])]


def whatsapp(activity: Activity) -> Iterator[dict[str, Any]]:
    """The bodies that Graph gets for it."""
    reference = ConversationReference("lab", "whatsapp", "491511234567", user="491511234567")
    for part in outbound.split(activity):
        yield outbound.body(Activity(part, id="x"), reference)
