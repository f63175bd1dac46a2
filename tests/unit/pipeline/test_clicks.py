"""What is one click, and what are two: Teams posts a press again, other channels say who it is."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from shared.pipeline.door import accept, calls
from shared.ports.channel import Inbound
from shared.skill import Skill
from shared.turn import Turn
from tests.lab import Lab


def counter(**settings: Any) -> Skill:
    skill = Skill("counter", "Counts what it hears", **settings)

    @skill.on_message
    async def hear(turn: Turn) -> None:
        turn.state["n"] = turn.state.get("n", 0) + 1
        turn.reply(str(turn.state["n"]))

    @skill.on_activity("event")
    async def happen(turn: Turn) -> None:
        await hear(turn)

    @skill.on_invoke("adaptiveCard/action")
    async def act(turn: Turn) -> dict[str, Any]:
        if turn.value["action"].get("verb") == "vote":
            turn.state["n"] = turn.state.get("n", 0) + 1
        return {"value": turn.state.get("n", 0)}

    return skill


def press(fabric: Lab, id: str, channel: str = "teams", **activity: Any) -> Inbound:
    """A press of the button `yes` on the card `card`, unless `activity` says otherwise."""
    inbound = fabric.inbound("", id=id, value={"answer": "yes"}, replyToId="card")
    inbound.activity.update({"timestamp": id, "from": {"id": "ann"}, **activity})
    return replace(inbound, reference=replace(inbound.reference, channel=channel))


async def take(fabric: Lab, *inbounds: Inbound) -> list[str]:
    for inbound in inbounds:
        await accept.accept(fabric, [inbound])
        await fabric.drain()
    return fabric.heard()


@pytest.mark.parametrize("more", [{}, {"text": "Yes"}, {"value": "yes"}, {"value": 0}])
async def test_a_press_that_teams_posts_again_counts_once(
    lab: Callable[..., Lab], more: dict[str, Any]
) -> None:
    fabric = lab(counter())

    heard = await take(fabric, press(fabric, "1", **more), press(fabric, "2", **more))

    assert heard == ["1"]


@pytest.mark.parametrize(
    "other",
    [
        {"replyToId": "another card"},
        {"from": {"id": "bob"}},
        {"value": {"answer": "no"}},
        {"text": "Yes, and soon"},
    ],
    ids=["card", "person", "value", "text"],
)
async def test_a_press_that_differs_counts_for_itself(
    lab: Callable[..., Lab], other: dict[str, Any]
) -> None:
    fabric = lab(counter())

    heard = await take(fabric, press(fabric, "1"), press(fabric, "2", **other))

    assert heard == ["1", "2"]


@pytest.mark.parametrize("channel", ["web", "whatsapp", "api"])
@pytest.mark.parametrize("kind", [{}, {"type": "event", "name": "cart/add"}], ids=["say", "event"])
async def test_equal_presses_count_each_where_an_activity_has_its_own_identity(
    lab: Callable[..., Lab], channel: str, kind: dict[str, Any]
) -> None:
    fabric = lab(counter())

    await take(fabric, *(press(fabric, str(n), channel, **kind) for n in (1, 2, 2)))

    [state] = await fabric.items(press(fabric, "9", channel).reference.key, "conversation")
    assert state.body["state"]["counter"]["n"] == 2, "the third was the second once more"


async def test_events_of_teams_are_no_clicks(lab: Callable[..., Lab]) -> None:
    fabric = lab(counter())
    joined = {"type": "event", "name": "application/vnd.microsoft.meetingParticipantJoin"}

    heard = await take(fabric, press(fabric, "1", **joined), press(fabric, "2", **joined))

    assert heard == ["1", "2"]


async def test_a_skill_may_want_every_click(lab: Callable[..., Lab]) -> None:
    fabric = lab(counter(every_click=True))

    assert await take(fabric, press(fabric, "1"), press(fabric, "2")) == ["1", "2"]
    assert [await vote(fabric, id) for id in ("3", "4")] == [3, 4]


async def test_a_card_that_refreshes_itself_shows_the_state_of_now(
    lab: Callable[..., Lab],
) -> None:
    fabric = lab(counter())

    assert await vote(fabric, "1", verb="look", trigger="automatic") == 0
    assert await vote(fabric, "2") == 1
    assert await vote(fabric, "3") == 1, "a copy of the vote"
    assert await vote(fabric, "4", verb="look", trigger="automatic") == 1


async def vote(fabric: Lab, id: str, *, verb: str = "vote", trigger: str = "manual") -> Any:
    value = {"action": {"verb": verb, "data": {}}, "trigger": trigger}
    click = press(fabric, id, type="invoke", name="adaptiveCard/action", value=value)
    answer = await calls.invoke(fabric, click)
    assert answer is not None
    return answer["value"]
