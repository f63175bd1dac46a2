"""What every topic promises. A new one joins by a line in `targets`."""

from dataclasses import replace

from shared.event import Event
from shared.ports.bus import PeekLockBus, Topic
from tests.contract.processes import received


async def test_a_fact_arrives_in_the_queue_events(topic: Topic, bus: PeekLockBus) -> None:
    fact = Event(id="f1", type="ticket.created", data={"n": 1}, subject="T-1", conversation="c")

    await topic.publish(fact)

    [delivery] = await received(bus, "events")
    arrived = Event.from_json(delivery.body)
    assert (arrived.id, arrived.type, arrived.subject) == ("f1", "ticket.created", "T-1")
    assert arrived.data == {"n": 1}


async def test_facts_of_the_outside_world_arrive_too(topic: Topic, bus: PeekLockBus) -> None:
    await topic.publish(Event(id="f1", type="a"), Event(id="f2", type="b"))

    types: set[str] = set()
    while types < {"a", "b"}:
        for delivery in await received(bus, "events", 10):
            types.add(Event.from_json(delivery.body).type)
            await bus.complete(delivery)
    assert types == {"a", "b"}


async def test_a_fact_keeps_its_place_in_the_chain(topic: Topic, bus: PeekLockBus) -> None:
    fact = Event(
        id="f1",
        type="ticket.created",
        source="/bot-fabric/lab/tickets",
        subject="T-1",
        data={"name": "Zoë", "nested": [{"a": None, "b": 1.5, "c": True}]},
        bot="lab",
        conversation="lab/web/one",
        origin="m1",
        cause="m2",
        traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        attempt=2,
        hops=3,
        time="2026-03-01T10:00:00.123456+00:00",
    )

    await topic.publish(fact)

    [delivery] = await received(bus, "events")
    arrived = Event.from_json(delivery.body)
    assert replace(arrived, time=fact.time) == fact
    assert arrived.began() == fact.began()


async def test_a_fact_published_twice_arrives_with_the_same_id(
    topic: Topic, bus: PeekLockBus
) -> None:
    fact = Event(id="f1", type="a", conversation="c")

    await topic.publish(fact)
    await topic.publish(fact)

    found = await received(bus, "events", 10)
    for delivery in found:
        await bus.complete(delivery)
    found += await bus.receive("events", 10)
    assert {Event.from_json(delivery.body).id for delivery in found} == {"f1"}


async def test_publishing_nothing_is_fine(topic: Topic) -> None:
    await topic.publish()


async def test_a_working_topic_checks_out(topic: Topic) -> None:
    assert await topic.check() == ""


async def test_a_closed_topic_leaves_the_bus_open(topic: Topic, bus: PeekLockBus) -> None:
    await topic.close()

    await bus.send("skill-q", Event(id="1", type="test"))
