"""The broker's own dead letters: seen with their reasons, and sent again without loss."""

import pytest
from azure.servicebus import ServiceBusMessage

from shared.errors import Unavailable
from shared.messaging.servicebus.bus import ServiceBusBus
from tests.contract.processes import received
from tests.faults.broker import OpenBus, StartPeer, consumed, event, strange


async def die(bus: ServiceBusBus, *sent: tuple[str, str]) -> None:
    """Send these ids in these sessions, and dead-letter each."""
    await bus.send("q", *(event(id, session) for id, session in sent))
    for _ in sent:
        [delivery] = await received(bus, "q")
        await bus.dead_letter(delivery, "bug", f"of {delivery.id}")


async def test_dead_letters_are_seen_with_their_reason(
    start_peer: StartPeer, open_bus: OpenBus
) -> None:
    bus = open_bus(start_peer())
    await die(bus, ("1", "c"), ("2", "c"))

    first, second = await bus.dead_letters("q").look()

    assert (first.id, first.session, first.source) == ("1", "c", "q")
    assert (first.reason, first.description) == ("bug", "of 1")
    assert first.event
    assert (first.event.id, first.event.data) == ("1", {"n": "1"})
    assert [each.id for each in await bus.dead_letters("q").look(after=first.number)] == ["2"]
    assert second.number > first.number


async def test_an_empty_desk_has_nothing_to_send_again(
    start_peer: StartPeer, open_bus: OpenBus
) -> None:
    desk = open_bus(start_peer()).dead_letters("q")

    assert await desk.look() == []
    assert await desk.resubmit() == []


async def test_dead_letters_go_back_in_order_under_new_ids(
    start_peer: StartPeer, open_bus: OpenBus
) -> None:
    peer = start_peer()
    bus = open_bus(peer)
    await die(bus, ("1", "c"), ("2", "d"), ("3", "c"))

    assert await bus.dead_letters("q").resubmit() == ["1:replay:1", "2:replay:1", "3:replay:1"]

    ids = await consumed(bus, 3)
    assert [id for id in ids if id != "2:replay:1"] == ["1:replay:1", "3:replay:1"]
    assert peer.stats()["entities"]["q"]["deadLetter"] == 0


async def test_one_dead_letter_goes_back_and_the_others_stay(
    start_peer: StartPeer, open_bus: OpenBus
) -> None:
    bus = open_bus(start_peer())
    await die(bus, ("1", "c"), ("2", "c"), ("3", "c"))
    desk = bus.dead_letters("q")
    [_, second, _] = await desk.look()

    assert await desk.resubmit([second.number]) == ["2:replay:1"]

    [delivery] = await received(bus, "q")
    assert (delivery.id, delivery.session) == ("2:replay:1", "c")
    assert [letter.id for letter in await desk.look()] == ["1", "3"]


async def test_what_dies_again_gets_the_next_number(
    start_peer: StartPeer, open_bus: OpenBus
) -> None:
    bus = open_bus(start_peer())
    await die(bus, ("1:handle:2", "c"))
    await bus.dead_letters("q").resubmit()
    [again] = await received(bus, "q")
    await bus.dead_letter(again, "bug")

    assert await bus.dead_letters("q").resubmit() == ["1:handle:2:replay:2"]


async def test_a_dead_letter_stays_until_its_successor_is_confirmed(
    start_peer: StartPeer, open_bus: OpenBus
) -> None:
    peer = start_peer()
    bus = open_bus(peer)
    homeless = ServiceBusMessage(
        event("1", "c").to_json(),
        message_id="1",
        session_id="c",
        application_properties={"DeadLetterSource": "gone"},
    )
    await strange(peer, homeless)
    [delivery] = await received(bus, "q")
    await bus.dead_letter(delivery, "bug")

    with pytest.raises(Unavailable, match='queue "gone" does not exist'):
        await bus.dead_letters("q").resubmit()

    assert [letter.id for letter in await bus.dead_letters("q").look()] == ["1"]
