"""What every bus promises that can receive. A new one joins by a line in `targets`."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from time import monotonic, time

import pytest

from shared.errors import Conflict
from shared.event import Event
from shared.ports.bus import Delivery, PeekLockBus
from tests.contract.processes import Processes, received

Open = Callable[..., PeekLockBus]
Start = Callable[..., Awaitable[Processes]]


def event(id: str, session: str = "") -> Event:
    return Event(id=id, type="test", data={"n": id}, conversation=session)


def ids(deliveries: list[Delivery]) -> list[str]:
    return [delivery.id for delivery in deliveries]


async def take(bus: PeekLockBus, queue: str = "skill-q") -> Delivery:
    [delivery] = await received(bus, queue)
    return delivery


async def drained(bus: PeekLockBus, queue: str = "skill-q") -> list[str]:
    """Receive and complete what there is; the ids in order."""
    done: list[str] = []
    while found := await bus.receive(queue, 10):
        for delivery in found:
            await bus.complete(delivery)
        done += ids(found)
    return done


# --- send and receive --------------------------------------------------------------------------


async def test_a_message_arrives_as_it_was_sent(bus: PeekLockBus) -> None:
    before = time()
    sent = Event(id="e1", type="test", data={"text": "Grüße 你好 👩‍👧"}, conversation="c", bot="b")

    await bus.send("skill-q", sent)

    [delivery] = await bus.receive("skill-q")
    assert (delivery.queue, delivery.id, delivery.session) == ("skill-q", "e1", "c")
    assert Event.from_json(delivery.body).data == sent.data
    assert delivery.count == 1
    assert dict(delivery.properties) == {}
    assert before - 1 <= delivery.enqueued_at <= time() + 1
    assert delivery.locked_until > time()


async def test_an_empty_queue_gives_nothing_at_once(bus: PeekLockBus) -> None:
    assert await bus.receive("skill-q", 10) == []


async def test_sending_nothing_is_fine(bus: PeekLockBus) -> None:
    await bus.send("skill-q")


async def test_queues_do_not_meet(bus: PeekLockBus) -> None:
    await bus.send("skill-a", event("1", "c"))
    await bus.send("skill-b", event("1", "c"))

    assert ids(await bus.receive("skill-a", 10)) == ["1"]
    assert ids(await bus.receive("skill-b", 10)) == ["1"]


async def test_a_completed_message_is_gone(bus: PeekLockBus) -> None:
    await bus.send("skill-q", event("1"))

    assert await drained(bus) == ["1"]
    assert await bus.receive("skill-q") == []


async def test_what_another_client_sent_is_received_once(open_bus: Open) -> None:
    one, other = open_bus(), open_bus()
    await one.send("skill-q", *(event(f"{n}", f"{n}") for n in range(20)))

    found: list[Delivery] = []
    async with asyncio.timeout(60):
        while len(found) < 20:
            batches = await asyncio.gather(*(b.receive("skill-q", 4) for b in (one, other) * 4))
            found += [delivery for batch in batches for delivery in batch]

    assert sorted(ids(found), key=int) == [str(n) for n in range(20)]
    assert await one.receive("skill-q", 4) == []


async def test_a_closed_bus_has_kept_everything(open_bus: Open) -> None:
    bus = open_bus()
    await bus.send("skill-q", event("1"))
    await bus.close()

    assert ids(await open_bus().receive("skill-q")) == ["1"]


# --- sessions ----------------------------------------------------------------------------------


@pytest.mark.needs("sessions")
async def test_a_session_is_first_in_first_out(bus: PeekLockBus) -> None:
    await bus.send("skill-q", event("1", "c"), event("2", "c"))
    await bus.send("skill-q", event("3", "c"))

    assert await drained(bus) == ["1", "2", "3"]


@pytest.mark.needs("sessions")
async def test_a_session_has_one_consumer_at_a_time(open_bus: Open) -> None:
    one, other = open_bus(), open_bus()
    await one.send("skill-q", event("1", "c"), event("2", "c"))

    [first] = await one.receive("skill-q", 10)
    assert await other.receive("skill-q", 10) == []
    await one.complete(first)

    assert ids(await other.receive("skill-q", 10)) == ["2"]


@pytest.mark.needs("sessions")
async def test_receive_takes_the_head_of_each_free_session(bus: PeekLockBus) -> None:
    for n in range(3):
        await bus.send("skill-q", *(event(f"{c}{n}", c) for c in "abcd"))

    assert ids(await bus.receive("skill-q", 3)) == ["a0", "b0", "c0"]
    assert ids(await bus.receive("skill-q", 3)) == ["d0"]


async def test_messages_without_a_conversation_do_not_wait_for_each_other(
    bus: PeekLockBus,
) -> None:
    await bus.send("skill-q", event("1"), event("2"))

    assert [(d.id, d.session) for d in await bus.receive("skill-q", 10)] == [("1", "1"), ("2", "2")]


@pytest.mark.needs("sessions")
async def test_processes_never_share_a_session(
    bus: PeekLockBus, processes: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SESSIONS", str(tmp_path))
    sessions = "abcdef"
    for n in range(20):
        await bus.send("skill-q", *(event(f"{c}{n:02d}", c) for c in sessions))

    consumers = await processes("consume", 20 * len(sessions), count=3)
    counts = [int(line) for line in await consumers.run()]

    assert sum(counts) == 20 * len(sessions)
    for c in sessions:
        log = (tmp_path / f"{c}.log").read_text().split()
        assert log == [f"{c}{n:02d}" for n in range(20)]


# --- locks -------------------------------------------------------------------------------------


async def test_a_lock_that_runs_out_gives_the_message_to_the_next(open_bus: Open) -> None:
    slow, other = open_bus(lock_seconds=0.2), open_bus(lock_seconds=0.2)
    await slow.send("skill-q", event("1", "c"))
    [lost] = await slow.receive("skill-q")

    again = await take(other)

    assert (again.id, again.count) == ("1", 2)
    assert time() >= lost.locked_until


@pytest.mark.needs("sessions")
async def test_a_lost_lock_does_not_let_the_successor_pass(open_bus: Open) -> None:
    slow, other = open_bus(lock_seconds=0.2), open_bus(lock_seconds=0.2)
    await slow.send("skill-q", event("1", "c"), event("2", "c"))
    await take(slow)

    again = await take(other)

    assert (again.id, again.count) == ("1", 2)


async def test_a_renewed_lock_holds(open_bus: Open, pace: float) -> None:
    bus = open_bus(lock_seconds=0.4)
    await bus.send("skill-q", event("1"))
    [held] = await bus.receive("skill-q")

    while time() < held.locked_until + 0.4 * pace:
        await bus.renew(held)
        assert await bus.receive("skill-q") == []
        await bus.changed(0.1)

    await bus.complete(held)


async def test_a_stale_token_conflicts(open_bus: Open) -> None:
    bus = open_bus(lock_seconds=0.1)
    await bus.send("skill-q", event("1"))
    [lost] = await bus.receive("skill-q")
    again = await take(bus)

    for settle in (bus.complete, bus.abandon, bus.renew):
        with pytest.raises(Conflict):
            await settle(lost)
    with pytest.raises(Conflict):
        await bus.dead_letter(lost, "reason")
    await bus.complete(again)


async def test_a_lock_that_ran_out_is_lost_though_nobody_took_it(open_bus: Open) -> None:
    bus = open_bus(lock_seconds=0.05)
    await bus.send("skill-q", event("1"))
    [lost] = await bus.receive("skill-q")
    while time() <= lost.locked_until:
        await bus.changed(0.01)

    with pytest.raises(Conflict):
        await bus.complete(lost)


async def test_what_is_settled_cannot_be_settled_again(bus: PeekLockBus) -> None:
    await bus.send("skill-q", event("1"))
    [delivery] = await bus.receive("skill-q")
    await bus.complete(delivery)

    for settle in (bus.complete, bus.abandon, bus.renew):
        with pytest.raises(Conflict):
            await settle(delivery)


async def test_a_closed_client_gives_back_what_it_held(open_bus: Open) -> None:
    one, other = open_bus(), open_bus()
    await one.send("skill-q", event("1"))
    await one.receive("skill-q")
    assert await other.receive("skill-q") == []

    await one.close()

    started = monotonic()
    assert (await take(other)).count == 2
    assert monotonic() - started < 5


async def test_a_killed_process_gives_back_what_it_held(bus: PeekLockBus, processes: Start) -> None:
    await bus.send("skill-q", event("1", "c"))
    holder = await processes("hold")
    assert await holder.run() == ["1"]
    assert await bus.receive("skill-q") == []

    await holder.stop()
    started = monotonic()
    again = await take(bus)

    assert again.id == "1"
    assert monotonic() - started < 5


@pytest.mark.needs("deaths")
async def test_a_delivery_to_a_process_that_was_killed_counts(
    bus: PeekLockBus, processes: Start
) -> None:
    await bus.send("skill-q", event("1", "c"))
    holder = await processes("hold")
    assert await holder.run() == ["1"]

    await holder.stop()

    assert (await take(bus)).count == 2


async def test_a_living_process_keeps_what_it_holds(bus: PeekLockBus, processes: Start) -> None:
    await bus.send("skill-q", event("1", "c"))
    holder = await processes("hold")
    assert await holder.run() == ["1"]

    until = monotonic() + 1.5
    while monotonic() < until:
        assert await bus.receive("skill-q") == []
        await bus.changed(0.1)


# --- abandon -----------------------------------------------------------------------------------


@pytest.mark.needs("sessions")
async def test_an_abandoned_message_comes_again_before_its_successors(bus: PeekLockBus) -> None:
    await bus.send("skill-q", event("1", "c"), event("2", "c"))
    [first] = await bus.receive("skill-q")

    await bus.abandon(first)

    [again] = await bus.receive("skill-q", 10)
    assert (again.id, again.count) == ("1", 2)


@pytest.mark.needs("sessions")
async def test_a_session_waits_while_its_head_is_abandoned_with_a_delay(
    bus: PeekLockBus, pace: float
) -> None:
    await bus.send("skill-q", event("1", "c"), event("2", "c"))
    [first] = await bus.receive("skill-q")
    started = time()

    await bus.abandon(first, delay=0.6 * pace)

    assert await bus.receive("skill-q", 10) == []
    again = await take(bus)
    assert (again.id, again.count) == ("1", 2)
    assert 0.6 * pace <= time() - started < 6 * pace


# --- schedule ----------------------------------------------------------------------------------


async def test_a_delayed_message_is_hidden_until_its_time(bus: PeekLockBus, pace: float) -> None:
    started = time()
    await bus.send("skill-q", event("1"), delay=0.6 * pace)

    assert await bus.receive("skill-q") == []
    delivery = await take(bus)

    assert delivery.id == "1"
    assert 0.6 * pace <= time() - started < 6 * pace


@pytest.mark.needs("schedule")
async def test_a_delayed_message_counts_as_enqueued_when_it_is_due(
    bus: PeekLockBus, pace: float
) -> None:
    started = time()
    await bus.send("skill-q", event("1"), delay=0.3 * pace)

    assert (await take(bus)).enqueued_at >= started + 0.3 * pace


@pytest.mark.needs("sessions")
async def test_a_delayed_message_queues_up_when_it_becomes_active(
    bus: PeekLockBus, pace: float
) -> None:
    soon_due = time() + 1.2 * pace
    late_due = soon_due + 0.5
    await bus.send("skill-q", event("late", "c"), delay=late_due - time())
    await bus.send("skill-q", event("soon", "c"), delay=soon_due - time())
    await bus.send("skill-q", event("now", "c"))

    assert await drained(bus) == ["now"]
    while time() <= late_due:
        await bus.changed(0.05)
    done: list[str] = []
    async with asyncio.timeout(60):
        while len(done) < 2:
            done += await drained(bus)
    assert done == ["soon", "late"]


# --- duplicates --------------------------------------------------------------------------------


@pytest.mark.needs("duplicates")
async def test_a_second_send_of_an_id_is_dropped(bus: PeekLockBus) -> None:
    await bus.send("skill-q", event("1"))
    await bus.send("skill-q", event("1"), event("2"), event("2"))

    assert await drained(bus) == ["1", "2"]
    await bus.send("skill-q", event("1"))
    await bus.send("skill-q", event("2"), delay=0.01)
    assert await drained(bus) == []
    await bus.changed(0.1)
    assert await drained(bus) == []


@pytest.mark.needs("duplicates")
async def test_a_scheduled_message_counts_as_sent(bus: PeekLockBus) -> None:
    await bus.send("skill-q", event("1"), delay=60)
    await bus.send("skill-q", event("1"))

    assert await bus.receive("skill-q") == []


@pytest.mark.needs("duplicates")
async def test_after_the_window_an_id_is_new(open_bus: Open) -> None:
    bus = open_bus(duplicate_window=0.2)
    await bus.send("skill-q", event("1"))
    assert await drained(bus) == ["1"]

    async with asyncio.timeout(60):
        while not await drained(bus):
            await bus.send("skill-q", event("1"))


@pytest.mark.needs("duplicates")
async def test_another_process_remembers_ids_too(bus: PeekLockBus, processes: Start) -> None:
    await bus.send("skill-q", event("1"))
    sender = await processes("send", "1")
    assert await sender.run() == ["sent"]

    assert await drained(bus) == ["1"]


# --- dead letters ------------------------------------------------------------------------------


async def test_a_dead_letter_moves_with_its_reason(bus: PeekLockBus) -> None:
    await bus.send("skill-q", event("1", "c"), event("2", "c"))
    [first] = await bus.receive("skill-q")

    await bus.dead_letter(first, "not_an_event", "no id")

    assert ids(await bus.receive("skill-q", 10)) == ["2"]
    [dead] = await bus.receive("dead-letters", 10)
    assert (dead.id, dead.session, dead.body, dead.count) == ("1", "c", first.body, 1)
    assert dead.properties == {
        "DeadLetterReason": "not_an_event",
        "DeadLetterErrorDescription": "no id",
        "DeadLetterSource": "skill-q",
    }


async def test_a_message_tried_too_often_is_dead(open_bus: Open) -> None:
    bus = open_bus(max_deliveries=3)
    await bus.send("skill-q", event("1", "c"))
    for count in (1, 2, 3):
        delivery = await take(bus)
        assert (delivery.id, delivery.count) == ("1", count)
        await bus.abandon(delivery, delay=0.01 if count == 2 else 0)

    assert await bus.receive("skill-q", 10) == []
    dead = await take(bus, "dead-letters")
    assert dead.id == "1"
    assert dead.properties["DeadLetterReason"] == "MaxDeliveryCountExceeded"
    assert dead.properties["DeadLetterSource"] == "skill-q"


@pytest.mark.needs("sessions")
async def test_a_session_goes_on_behind_a_message_tried_too_often(open_bus: Open) -> None:
    bus = open_bus(max_deliveries=3)
    await bus.send("skill-q", event("1", "c"), event("2", "c"))
    for count in (1, 2, 3):
        delivery = await take(bus)
        assert (delivery.id, delivery.count) == ("1", count)
        await bus.abandon(delivery, delay=0.01 if count == 2 else 0)

    assert (await take(bus)).id == "2"
    assert (await take(bus, "dead-letters")).id == "1"


async def test_locks_that_run_out_count_as_deliveries(open_bus: Open) -> None:
    bus = open_bus(max_deliveries=2, lock_seconds=0.1)
    await bus.send("skill-q", event("1"))
    await take(bus)
    await take(bus)

    async with asyncio.timeout(60):
        while not (found := await bus.receive("dead-letters")):
            assert await bus.receive("skill-q") == []
            await bus.changed(1)
    assert ids(found) == ["1"]


async def test_dead_letters_do_not_go_round(open_bus: Open) -> None:
    bus = open_bus(max_deliveries=2)
    await bus.send("skill-q", event("1"), event("2"))
    for _ in range(2):
        await bus.dead_letter(await take(bus), "reason")

    one, two = await take(bus, "dead-letters"), await take(bus, "dead-letters")
    await bus.dead_letter(one, "reason")
    await bus.abandon(two)
    await bus.abandon(await take(bus, "dead-letters"))

    assert await bus.receive("dead-letters", 10) == []
    assert await bus.receive("skill-q", 10) == []


# --- changed -----------------------------------------------------------------------------------


async def quiet(bus: PeekLockBus) -> None:
    """Wait until nothing has changed for a moment."""
    async with asyncio.timeout(60):
        while True:
            started = monotonic()
            await bus.changed(0.1)
            if monotonic() - started >= 0.1:
                return


async def woken(bus: PeekLockBus) -> float:
    """Seconds until `changed` returns; it would wait for 10."""
    started = monotonic()
    await bus.changed(10)
    return monotonic() - started


async def test_nothing_changes_by_itself(bus: PeekLockBus) -> None:
    await quiet(bus)

    started = monotonic()
    await bus.changed(0.3)

    assert 0.29 <= monotonic() - started < 3


@pytest.mark.parametrize("action", ["send", "complete", "abandon", "dead_letter"])
async def test_all_who_wait_are_woken(bus: PeekLockBus, action: str) -> None:
    await bus.send("skill-q", event("1", "c"), event("2", "c"))
    [delivery] = await bus.receive("skill-q")
    await quiet(bus)
    waiting = [asyncio.create_task(woken(bus)) for _ in range(3)]
    await asyncio.sleep(0)

    match action:
        case "send":
            await bus.send("skill-q", event("3"))
        case "complete":
            await bus.complete(delivery)
        case "abandon":
            await bus.abandon(delivery)
        case "dead_letter":
            await bus.dead_letter(delivery, "reason")

    assert max(await asyncio.gather(*waiting)) < 2
    assert await bus.receive("skill-q") or await bus.receive("dead-letters")


async def test_what_becomes_due_wakes(bus: PeekLockBus, pace: float) -> None:
    await quiet(bus)
    due = monotonic() + 0.3 * pace
    await bus.send("skill-q", event("1"), delay=0.3 * pace)

    while not (found := await bus.receive("skill-q")):
        await woken(bus)
        assert monotonic() < due + 2
    assert ids(found) == ["1"]


@pytest.mark.needs("foresight")
async def test_a_send_by_another_process_wakes(bus: PeekLockBus, processes: Start) -> None:
    sender = await processes("send", "1")
    assert await bus.receive("skill-q") == []
    await quiet(bus)
    waiting = asyncio.create_task(woken(bus))

    await sender.run()

    assert await waiting < 2
    assert ids(await bus.receive("skill-q")) == ["1"]


async def test_a_send_by_another_process_wakes_who_has_looked(
    bus: PeekLockBus, processes: Start
) -> None:
    sender = await processes("send", "1")
    assert await bus.receive("skill-q") == []
    await quiet(bus)
    waiting = asyncio.create_task(woken(bus))

    await sender.run()

    assert await waiting < 2
    assert ids(await bus.receive("skill-q")) == ["1"]


async def test_no_send_falls_between_a_look_and_the_wait(bus: PeekLockBus) -> None:
    done: list[str] = []

    async def consume() -> None:
        while len(done) < 50:
            found = await bus.receive("skill-q", 5)
            for delivery in found:
                await bus.complete(delivery)
            done.extend(ids(found))
            if not found:
                assert await woken(bus) < 5

    consumer = asyncio.create_task(consume())
    for n in range(50):
        await bus.send("skill-q", event(str(n)))
    await consumer
    assert sorted(done, key=int) == [str(n) for n in range(50)]


async def test_a_working_bus_checks_out(bus: PeekLockBus) -> None:
    assert await bus.check() == ""
