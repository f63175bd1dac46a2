"""Where the bot was removed it says nothing more, until somebody writes or adds it again."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from shared.event import Event
from shared.pipeline.door import accept
from shared.queues import EVENTS
from shared.skill import Skill
from shared.turn import Turn
from tests.lab import Lab

BOT = {"id": "28:bot"}


def newsreader() -> Skill:
    skill = Skill("news", "Follows a subject and tells its news")

    @skill.on_message
    async def follow(turn: Turn) -> None:
        turn.emit("followed", {}, subject="S")
        turn.reply("following")

    @skill.on_event("happened")
    async def tell(turn: Turn) -> None:
        turn.reply("news")

    @skill.on_activity("installationUpdate")
    async def installed(turn: Turn) -> None:
        turn.reply("changed")

    return skill


async def happens(fabric: Lab, kind: str, **activity: Any) -> None:
    inbound = fabric.inbound("", recipient=BOT, **activity)
    inbound.activity["type"] = kind
    await accept.accept(fabric, [replace(inbound, reference=inbound.reference)])
    await fabric.drain()


async def news(fabric: Lab) -> list[str]:
    """What is said when there are news."""
    before = len(fabric.heard())
    fabric.count += 1
    event = Event(f"{fabric.count:032x}", "happened", source="/elsewhere", subject="S")
    await fabric.bus.send(EVENTS, event)
    await fabric.drain()
    return fabric.heard()[before:]


REMOVALS = [
    ("installationUpdate", {"action": "remove"}),
    ("installationUpdate", {"action": "remove-upgrade"}),
    ("conversationUpdate", {"membersRemoved": [{"id": "29:ann"}, BOT]}),
]
RETURNS = [
    ("installationUpdate", {"action": "add"}),
    ("conversationUpdate", {"membersAdded": [BOT]}),
    ("message", {}),
]


@pytest.mark.parametrize(("kind", "removal"), REMOVALS)
async def test_after_a_removal_no_news_are_sent(
    lab: Callable[..., Lab], kind: str, removal: dict[str, Any]
) -> None:
    fabric = lab(newsreader())
    await fabric.say("follow")
    await fabric.drain()
    assert await news(fabric) == ["news"]

    await happens(fabric, kind, **removal)
    await happens(fabric, "conversationUpdate", membersRemoved=[{"id": "29:bob"}])

    assert await news(fabric) == []
    assert "changed" not in fabric.heard()


@pytest.mark.parametrize(("kind", "change"), RETURNS)
async def test_who_has_the_bot_back_hears_news_again(
    lab: Callable[..., Lab], kind: str, change: dict[str, Any]
) -> None:
    fabric = lab(newsreader())
    await fabric.say("follow")
    await happens(fabric, "installationUpdate", action="remove")

    await happens(fabric, kind, **change)

    assert await news(fabric) == ["news"]


async def test_somebody_elses_leaving_changes_nothing(lab: Callable[..., Lab]) -> None:
    fabric = lab(newsreader())
    await fabric.say("follow")
    await happens(fabric, "conversationUpdate", membersRemoved=[{"id": "29:bob"}])

    assert await news(fabric) == ["news"]
