"""Of what waits an operator sees whose it is, why, since when and until when; not what was said."""

from collections.abc import Callable
from datetime import datetime
from time import time

from shared.errors import Unavailable
from shared.operations.reports.books import books
from shared.operations.reports.parked import parked
from shared.operations.reports.turns import Scope
from shared.skill import Skill
from shared.turn import Turn
from tests.lab import Lab

Make = Callable[..., Lab]
ALL = Scope()


def clerk() -> Skill:
    skill = Skill("clerk", "Files what people say")

    @skill.on_message
    async def file(turn: Turn) -> None:
        if turn.text.startswith("file"):
            raise Unavailable("archive: 503", after=100)
        turn.reply("heard")

    return skill


async def one_delivery(fabric: Lab) -> None:
    for delivery in await fabric.deliveries():
        await fabric.run(delivery)


async def test_a_turn_that_waits_is_listed_with_its_reason(lab: Make) -> None:
    fabric = lab(clerk())
    key = await fabric.say("file my secret")
    await one_delivery(fabric)

    [row] = await parked(fabric, ALL)

    assert (row.conversation, row.bot, row.waits) == (key, "lab", "clerk")
    assert "archive: 503" in row.why
    assert datetime.fromisoformat(row.since).timestamp() <= time()
    assert 90 < datetime.fromisoformat(row.again).timestamp() - time() <= 100
    assert "secret" not in repr(row)


async def test_an_answer_that_waits_for_its_channel_is_listed(lab: Make) -> None:
    fabric = lab(clerk())
    fabric.memory.failures = [Unavailable("the channel is down", after=100)]
    await fabric.say("hello")
    await fabric.drain(until=lambda: not fabric.memory.failures)

    [row] = await parked(fabric, ALL)

    assert (row.waits, row.why) == ("outbound", "the channel is down")


async def test_what_the_books_count_as_parked_is_what_is_listed(lab: Make) -> None:
    fabric = lab(clerk())
    for conversation in ("one", "two", "three"):
        await fabric.say("file this", conversation=conversation)
    await fabric.say("hello", conversation="four")
    await one_delivery(fabric)

    listed = await parked(fabric, ALL)

    assert len(listed) == 3 == (await books(fabric))["parked"]


async def test_another_departments_waiting_is_not_listed(lab: Make) -> None:
    fabric = lab(clerk())
    await fabric.say("file this")
    await one_delivery(fabric)

    assert await parked(fabric, Scope(departments=frozenset({"Elsewhere"}))) == []
    assert len(await parked(fabric, Scope(bot="lab"))) == 1
