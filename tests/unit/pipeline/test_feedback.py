"""Thumbs under an answer are counted once a person and answer, and are no turn."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from shared.activity import Activity
from shared.channels.thumbs import ask_for_feedback
from shared.operations.reports.period import Period
from shared.operations.reports.turns import Scope
from shared.operations.reports.usage import BotUsage, usage
from shared.pipeline.door.calls import invoke
from shared.ports.channel import Inbound
from shared.skill import Skill
from tests.lab import Lab


@pytest.fixture
def fabric(lab: Callable[..., Lab]) -> Lab:
    return lab(Skill("echo", "Echoes"))


def thumb(fabric: Lab, reaction: Any, *, about: str = "a1", who: str = "ann") -> Inbound:
    value = {"actionName": "feedback", "actionValue": {"reaction": reaction, "feedback": "{}"}}
    inbound = fabric.inbound("", conversation="one", value=value, replyToId=about)
    activity = Activity(inbound.activity, type="invoke", name="message/submitAction")
    return replace(inbound, activity=activity, reference=replace(inbound.reference, user=who))


async def row(fabric: Lab) -> BotUsage:
    [found] = (await usage(fabric, Scope(), Period())).bots
    return found


async def test_a_vote_counts_once_a_person_and_answer(fabric: Lab) -> None:
    votes = [("like", "a1", "ann"), ("dislike", "a1", "ann"), ("like", "a2", "ann")]
    for reaction, about, who in [*votes, ("dislike", "a1", "ben")]:
        assert await invoke(fabric, thumb(fabric, reaction, about=about, who=who)) == {}

    found = await row(fabric)

    assert (found.liked, found.disliked, found.turns, found.replies) == (2, 1, 0, 0)


@pytest.mark.parametrize("reaction", ["love", "", None, ["like"], {"like": 1}])
async def test_what_is_no_vote_is_nobodys_invoke(fabric: Lab, reaction: Any) -> None:
    assert await invoke(fabric, thumb(fabric, reaction)) is None


async def test_a_skill_that_takes_the_invoke_has_it(lab: Callable[..., Lab]) -> None:
    skill = Skill("own", "Counts itself")

    @skill.on_invoke("message/submitAction")
    async def take(turn: Any) -> dict[str, Any]:
        return {"mine": True}

    fabric = lab(skill)
    assert await invoke(fabric, thumb(fabric, "like")) == {"mine": True}
    assert (await row(fabric)).liked == 0


@pytest.mark.parametrize(
    ("entities", "asked"),
    [([{"type": "x", "citation": [{}]}], True), ([{"type": "mention"}], False), ([], False)],
)
def test_clients_are_asked_for_thumbs_under_what_has_sources(
    entities: list[dict[str, Any]], asked: bool
) -> None:
    message: dict[str, Any] = {"type": "message", "entities": entities}
    ask_for_feedback(message)
    wanted = {"feedbackLoop": {"type": "default"}} if asked else None
    assert message.get("channelData") == wanted
