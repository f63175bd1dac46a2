"""A conversation may leave so much waiting; the rest is turned away, told once, and counted."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from shared.dialogue.phrases import phrase
from shared.errors import Rejected
from shared.governance.limits.visitor import Visitor
from shared.operations.reports.books import balanced, books
from shared.pipeline.door import accept, crowd
from shared.pipeline.door.crowd import MOST_WAITING_ANONYMOUS, admit
from shared.ports.channel import Inbound
from shared.skill import Skill
from shared.turn import Turn
from tests.lab import Lab

CROWDED = phrase("en", "platform.crowded")

Make = Callable[..., Lab]
TEXT = phrase("en", "platform.crowded")


@pytest.fixture
def fabric(lab: Make) -> Lab:
    echo = Skill("echo", "Echoes")

    @echo.on_message
    async def say(turn: Turn) -> None:
        turn.reply(turn.text)

    return lab(echo)


async def fill(fabric: Lab, count: int) -> None:
    for number in range(count):
        await fabric.say(str(number))


async def test_a_visitor_with_too_much_waiting_is_refused_before_anything_is_kept(
    fabric: Lab,
) -> None:
    await fill(fabric, MOST_WAITING_ANONYMOUS - 1)
    await admit(fabric, fabric.inbound("still welcome"))
    await fill(fabric, 1)

    with pytest.raises(Rejected) as refusal:
        await admit(fabric, fabric.inbound("one too many"))

    assert refusal.value.status == 429
    assert refusal.value.after
    await admit(fabric, fabric.inbound("somebody else", conversation="two"))


async def test_a_visitor_far_over_their_share_is_refused(fabric: Lab) -> None:
    for number in range(300):
        fabric.admission.slot(fabric.bots["lab"], Visitor.of(fabric.inbound(str(number))))

    with pytest.raises(Rejected) as refusal:
        await admit(fabric, fabric.inbound("more"))

    assert refusal.value.status == 429
    assert refusal.value.after is not None
    assert refusal.value.after > 10
    await admit(fabric, fabric.inbound("somebody else", conversation="two"))


async def test_what_is_too_much_on_a_channel_is_told_once_and_balances(
    fabric: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crowd, "MOST_WAITING", 4)
    for number in range(8):
        await accept.accept(fabric, [on_teams(fabric, str(number))])
    assert (await books(fabric))["accepted"] == 8

    await fabric.drain()

    heard = fabric.heard()
    assert heard.count(CROWDED) == 1
    assert [text for text in heard if text != CROWDED] == ["0", "1", "2", "3"]
    assert balanced(count := await books(fabric))
    assert count["done"] == 8
    key = on_teams(fabric, "").reference.key
    refused = [i for i in await fabric.items(key, "accepted:") if i.body.get("refused")]
    assert len(refused) == 4


async def test_who_was_turned_away_is_heard_again_once_there_is_room(
    fabric: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crowd, "MOST_WAITING", 2)
    for number in range(3):
        await accept.accept(fabric, [on_teams(fabric, str(number))])
    await fabric.drain()

    await accept.accept(fabric, [on_teams(fabric, "again")])
    await fabric.drain()

    assert fabric.heard()[-1] == "again"


async def test_the_door_reads_no_more_of_a_conversation_than_may_wait(
    fabric: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Constant work for each message, however long the row of those before it was."""
    limits: list[int] = []
    find = fabric.store.find

    async def counted(partition: str | None, prefix: str, **more: Any) -> Any:
        if prefix.startswith("accepted:"):
            limits.append(more["limit"])
        return await find(partition, prefix, **more)

    monkeypatch.setattr(fabric.store, "find", counted)
    await fill(fabric, MOST_WAITING_ANONYMOUS * 3)

    assert max(limits) <= MOST_WAITING_ANONYMOUS


def on_teams(fabric: Lab, text: str) -> Inbound:
    inbound = fabric.inbound(text)
    return replace(inbound, reference=replace(inbound.reference, channel="teams"))
