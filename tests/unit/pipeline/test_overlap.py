"""Messages that come while another is worked on: queue, merge, latest; each once, none lost."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from shared.errors import PermanentError, TransientError, Unavailable
from shared.fabric import Fabric
from shared.operations.reports.books import balanced, books
from shared.pipeline.door import accept
from shared.pipeline.turns import park, settle
from shared.ports.channel import Inbound
from shared.records.conversation import DOCUMENT
from shared.records.seen import transcripts
from shared.skill import Skill
from shared.turn import Turn
from tests.lab import Lab

Make = Callable[..., Lab]


class Desk(Skill):
    """A skill whose turn about "first" goes on until `release`; `ran` is what its turns got."""

    def __init__(self, overlap: Any = "queue", *errors: Exception, name: str = "desk") -> None:
        super().__init__(name, "Works", overlap=overlap)
        self.ran: list[str] = []
        self.errors = list(errors)
        self.running, self.gate = asyncio.Event(), asyncio.Event()
        self.on_message(self.work)

    async def work(self, turn: Turn) -> None:
        self.ran.append(turn.text)
        if turn.text.endswith("first"):
            self.running.set()
            await self.gate.wait()
        elif self.errors:
            raise self.errors.pop(0)
        turn.reply(f"{self.name}: {turn.text}")


async def burst(fabric: Lab, desk: Desk, *more: str | Inbound) -> str:
    """ "first" is worked on; meanwhile the others arrive; then everything is finished."""
    key = await begin(fabric, desk, *more)
    desk.gate.set()
    await fabric.drain()
    return key


async def begin(fabric: Lab, desk: Desk, *more: str | Inbound, first: str = "first") -> str:
    key = await fabric.say(first)
    fabric.work = asyncio.create_task(fabric.drain())  # type: ignore[attr-defined]
    await desk.running.wait()
    for one in more:
        if isinstance(one, Inbound):
            await accept.accept(fabric, [one])
        else:
            await fabric.say(one)
    return key


async def everything_done(fabric: Fabric, accepted: int, crashes: int = 0) -> None:
    count = await books(fabric)
    assert balanced(count)
    assert (count["accepted"], count["done"]) == (accepted, accepted)
    assert count["repeated"] <= crashes


# --- the timeline of each policy ---------------------------------------------------------------


async def test_queue_is_the_default_and_answers_each(lab: Make) -> None:
    desk = Desk()
    assert Skill("plain", "Plain").overlap == "queue"
    fabric = lab(desk)
    await burst(fabric, desk, "b", "c", "d")
    assert desk.ran == ["first", "b", "c", "d"]
    assert fabric.heard() == ["desk: first", "desk: b", "desk: c", "desk: d"]
    await everything_done(fabric, 4)


async def test_merge_answers_what_waited_in_one_turn(lab: Make) -> None:
    desk = Desk("merge")
    fabric = lab(desk)
    await burst(fabric, desk, "b", "c", "d")
    assert desk.ran == ["first", "b\nc\nd"]
    assert fabric.heard() == ["desk: first", "desk: b\nc\nd"]
    await everything_done(fabric, 4)


async def test_latest_answers_the_newest_and_records_the_others(lab: Make) -> None:
    desk = Desk("latest")
    fabric = lab(desk)
    key = await burst(fabric, desk, "b", "c", "d")
    assert desk.ran == ["first", "d"]
    assert fabric.heard() == ["desk: first", "desk: d"]
    await everything_done(fabric, 4)
    marks = [item.body["superseded"] for item in await fabric.items(key, "burst:")]
    assert sorted(marks) == [False, False, True, True]
    said = [item.body async for item in transcripts(fabric.store, key)]
    assert said[-1]["superseded"] == ["b", "c"]


async def test_a_second_burst_is_a_second_turn(lab: Make) -> None:
    desk = Desk("merge")
    fabric = lab(desk)
    await burst(fabric, desk, "b", "c")
    await fabric.say("d")
    await fabric.say("e")
    await fabric.drain()
    assert desk.ran == ["first", "b\nc", "d\ne"]
    await everything_done(fabric, 5)


async def test_the_answer_goes_to_the_newest_activity(lab: Make) -> None:
    desk = Desk("merge")
    fabric = lab(desk)
    places: list[str] = []
    send = fabric.memory.send

    async def noting(bot: Any, reference: Any, activity: Any) -> str:
        places.append(reference.reply_to)
        return await send(bot, reference, activity)

    fabric.memory.send = noting  # type: ignore[method-assign]
    await burst(fabric, desk, "b", "c")
    assert places == ["m1", "m3"]


# --- what is not put together ------------------------------------------------------------------


@pytest.mark.parametrize("policy", ["merge", "latest"])
async def test_a_command_a_card_and_a_file_are_handled_by_themselves(
    lab: Make, policy: str
) -> None:
    desk = Desk(policy)
    fabric = lab(desk)
    image = {"contentType": "image/png", "contentUrl": "https://www.contoso.example/a.png"}
    await burst(
        fabric,
        desk,
        "/desk b",
        fabric.inbound("c", attachments=[image]),
        fabric.inbound("", value={"choice": 1}),
        "e",
        "f",
    )
    last = "e\nf" if policy == "merge" else "f"
    assert desk.ran == ["first", "/desk b", "c", "", last]
    await everything_done(fabric, 6)


async def test_what_two_people_write_is_not_put_together(lab: Make) -> None:
    desk = Desk("merge")
    fabric = lab(desk)
    people = [fabric.inbound(text) for text in "bcd"]
    for inbound, who in zip(people, ("ann", "ann", "bob"), strict=True):
        inbound.activity["from"] = {"id": who}
    await burst(fabric, desk, *people)
    assert desk.ran == ["first", "b\nc", "d"]


async def test_teams_copy_of_the_text_as_html_is_no_file(lab: Make) -> None:
    desk = Desk("merge")
    fabric = lab(desk)
    html = [{"contentType": "text/html", "content": "<p>b</p>"}]
    await burst(fabric, desk, fabric.inbound("b", attachments=html), "c")
    assert desk.ran == ["first", "b\nc"]


async def test_a_message_for_another_skill_parts_the_burst(lab: Make) -> None:
    desk, other = Desk("merge"), Desk(name="other")
    fabric = lab(desk, other)
    await burst(fabric, desk, "b", "c", "/other x", "d", "e")
    assert desk.ran == ["first", "b\nc", "d\ne"]
    assert other.ran == ["/other x"]
    await everything_done(fabric, 6)


async def test_more_than_one_turn_can_take_is_left_for_the_next(
    lab: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.pipeline.turns.overlap.MAX_ALONG", 2)
    desk = Desk("merge")
    fabric = lab(desk)
    await burst(fabric, desk, "b", "c", "d", "e")
    assert desk.ran == ["first", "b\nc\nd", "e"]
    await everything_done(fabric, 5)


# --- on the way over other skills --------------------------------------------------------------


async def test_the_burst_waits_in_the_queue_of_another_skill(lab: Make) -> None:
    """They travel in the lane of the skill that works; the one they are for says what to do."""
    desk, other = Desk("merge"), Desk(name="other")
    fabric = lab(desk, other)
    await begin(fabric, other, "b", "c", first="/other first")
    other.gate.set()
    await fabric.drain()
    assert other.ran == ["/other first"]
    assert desk.ran == ["b\nc"]
    await everything_done(fabric, 3)


async def test_a_router_hands_on_the_whole_burst(lab: Make, monkeypatch: Any) -> None:
    monkeypatch.setattr("shared.pipeline.turns.order.QUEUE_PATIENCE", 0.0)
    router, desk = Skill("router", "Routes", overlap="merge"), Desk()

    @router.on_message
    async def route(turn: Turn) -> None:
        turn.hand_off("desk")

    fabric = lab(router, desk)
    await burst(fabric, desk, "b", "c", "d")
    assert desk.ran == ["first", "b\nc\nd"]
    await everything_done(fabric, 4)


async def test_what_went_along_is_not_done_before_the_work_is(lab: Make) -> None:
    router, desk = Skill("router", "Routes", overlap="merge"), Desk()

    @router.on_message
    async def route(turn: Turn) -> None:
        turn.hand_off("desk")

    fabric = lab(router, desk)
    await fabric.say("b")
    await fabric.say("c and first")
    running = asyncio.create_task(fabric.drain())
    await desk.running.wait()
    count = await books(fabric)
    assert (count["accepted"], count["done"]) == (2, 0)
    desk.gate.set()
    await running
    await everything_done(fabric, 2)


# --- failures ----------------------------------------------------------------------------------


@pytest.mark.parametrize("policy", ["merge", "latest"])
@pytest.mark.parametrize("point", ["before the commit", "after the commit"])
async def test_a_crash_loses_none_and_repeats_none(lab: Make, policy: str, point: str) -> None:
    desk = Desk(policy)
    fabric = lab(desk)
    for text in "bcd":
        await fabric.say(text)
    store: Any = fabric.store
    write = store.write

    async def dying(partition: str, *ops: Any, **more: Any) -> Any:
        if any(op.id.startswith("seen:") for op in ops):
            store.write = write
            if point == "after the commit":
                await write(partition, *ops, **more)
            raise asyncio.CancelledError
        return await write(partition, *ops, **more)

    store.write = dying
    [delivery] = await fabric.deliveries()
    with pytest.raises(asyncio.CancelledError):
        await fabric.run(delivery)
    await fabric.bus.abandon(delivery)  # type: ignore[attr-defined]
    await fabric.drain()
    whole = "b\nc\nd" if policy == "merge" else "d"
    assert fabric.heard() == [f"desk: {whole}"]
    await everything_done(fabric, 3, crashes=1)


@pytest.mark.parametrize("error", [TransientError("down", after=0.05), ZeroDivisionError()])
async def test_a_burst_that_is_tried_again_takes_what_came_meanwhile(
    lab: Make, error: Exception
) -> None:
    desk = Desk("merge", error)
    fabric = lab(desk)
    await burst(fabric, desk, "b", "c")
    assert desk.ran == ["first", "b\nc", "b\nc"]
    assert fabric.heard() == ["desk: first", "desk: b\nc"]
    await everything_done(fabric, 3)


async def test_what_waits_parked_is_taken_along_too(lab: Make, monkeypatch: Any) -> None:
    monkeypatch.setattr(park, "NOTICE_ATTEMPT", 99)
    outage = [TransientError("down", after=0.3), TransientError("down", after=0.3)]
    desk = Desk("merge", *outage)
    fabric = lab(desk)
    key = await fabric.say("b")
    for delivery in await fabric.deliveries():
        await fabric.run(delivery)
    for text in ("c", "d"):
        await fabric.say(text)
        for delivery in await fabric.deliveries():
            await fabric.run(delivery)
    assert (await books(fabric))["parked"] == 3
    await fabric.drain(until=lambda: len(fabric.heard()) == 1)
    item = await fabric.store.get(key, DOCUMENT)
    assert item is not None
    assert item.body.get("parked") is None
    await fabric.drain()
    assert desk.ran == ["b", "b\nc\nd", "b\nc\nd"]
    assert fabric.heard() == ["desk: b\nc\nd"]
    await everything_done(fabric, 3)
    await fabric.say("e")
    await fabric.drain()
    assert fabric.heard()[1:] == ["desk: e"]
    assert await fabric.items(key, "outbox:") == []


async def test_a_dead_turn_takes_nobody_with_it(lab: Make) -> None:
    desk = Desk("merge", PermanentError("no_account"))
    fabric = lab(desk)
    await burst(fabric, desk, "b", "c", "d")
    assert desk.ran == ["first", "b\nc\nd", "c\nd"]
    count = await books(fabric)
    assert balanced(count)
    assert (count["done"], count["dead"]) == (3, 1)


async def test_a_copy_of_what_was_taken_along_is_not_answered(lab: Make) -> None:
    desk = Desk("merge")
    fabric = lab(desk)
    copies = [fabric.inbound(text) for text in "bc"]
    await burst(fabric, desk, *copies)
    for inbound in copies:
        await accept.accept(fabric, [inbound])
        event = accept.arrival(inbound)
        again = replace(event, id=f"{event.id}:desk:1", attempt=1)
        await settle.work(fabric, desk, again.to_json(), 1)
    await fabric.drain()
    assert desk.ran == ["first", "b\nc"]
    await everything_done(fabric, 3)


async def test_what_the_door_kept_while_it_was_taken_along_is_done_once(lab: Make) -> None:
    """The bus fails for a message that the running turn takes along in the same moment."""
    desk = Desk("merge")
    fabric = lab(desk)
    await fabric.say("b")
    bus: Any = fabric.bus
    send = bus.send

    async def failing(queue: str, *events: Any, **more: Any) -> None:
        bus.send = send
        for delivery in await fabric.deliveries():
            await fabric.run(delivery)
        raise Unavailable("bus")

    bus.send = failing
    await fabric.say("c")
    assert desk.ran == ["b\nc"]
    await fabric.say("d")
    await fabric.drain()
    assert fabric.heard() == ["desk: b\nc", "desk: d"]
    await everything_done(fabric, 3)


@pytest.mark.parametrize("policy", ["merge", "latest"])
async def test_on_a_bus_without_sessions_each_is_in_one_turn(lab: Make, policy: str) -> None:
    desk = Desk(policy)
    fabric = lab(desk)
    bus: Any = fabric.bus
    bus.ordered = False
    inbounds = [fabric.inbound(text) for text in "bcd"]
    for inbound in inbounds:
        await accept.accept(fabric, [inbound])
    bodies = [accept.arrival(inbound).to_json() for inbound in inbounds]
    await asyncio.gather(*(settle.work(fabric, desk, body, 1) for body in reversed(bodies)))
    whole = "b\nc\nd" if policy == "merge" else "d"
    assert fabric.heard() == [f"desk: {whole}"]
    await everything_done(fabric, 3)


async def test_two_workers_on_one_burst_commit_it_once(lab: Make) -> None:
    """The lock on the first expired in the middle of its turn, so both hold the same message."""
    desk = Desk("merge")
    fabric = lab(desk)
    inbounds = [fabric.inbound(text) for text in ("b", "c and first")]
    for inbound in inbounds:
        await accept.accept(fabric, [inbound])
    body = accept.arrival(inbounds[0]).to_json()
    both = [asyncio.create_task(settle.work(fabric, desk, body, n)) for n in (1, 2)]
    await desk.running.wait()
    await asyncio.sleep(0.02)
    desk.gate.set()
    await asyncio.gather(*both)
    await fabric.drain()
    assert fabric.heard() == ["desk: b\nc and first"]
    await everything_done(fabric, 2)


async def test_what_went_along_is_done_when_the_turn_is(lab: Make) -> None:
    desk = Desk("merge")
    fabric = lab(desk)
    await fabric.say("b")
    await fabric.say("c")
    [delivery] = await fabric.deliveries()
    await fabric.run(delivery)
    await everything_done(fabric, 2)


async def test_what_people_wrote_does_not_stay_in_the_notes(lab: Make) -> None:
    desk = Desk("merge")
    fabric = lab(desk)
    key = await burst(fabric, desk, "b", "c")
    assert [note.body for note in await fabric.items(key, "accepted:") if "said" in note.body] == []


async def test_a_bot_that_only_queues_keeps_no_words_and_no_marks(lab: Make) -> None:
    desk = Desk()
    fabric = lab(desk)
    key = await begin(fabric, desk, "b")
    assert not [n for n in await fabric.items(key, "accepted:") if "said" in n.body]
    desk.gate.set()
    await fabric.drain()
    assert await fabric.items(key, "burst:") == []


def test_a_policy_there_is_not_says_what_to_write() -> None:
    with pytest.raises(ValueError, match='write "queue", "merge" or "latest"'):
        Skill("desk", "Works", overlap="drop")  # type: ignore[arg-type]
