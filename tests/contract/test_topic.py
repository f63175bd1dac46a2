"""What every topic promises. A new one joins by a line in `targets`."""

from shared.event import Event
from shared.ports import PeekLockBus, Topic
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

    types = {Event.from_json(d.body).type for d in await received(bus, "events", 10)}
    assert types == {"a", "b"}


async def test_publishing_nothing_is_fine(topic: Topic) -> None:
    await topic.publish()


async def test_a_working_topic_checks_out(topic: Topic) -> None:
    assert await topic.check() == ""


async def test_a_closed_topic_leaves_the_bus_open(topic: Topic, bus: PeekLockBus) -> None:
    await topic.close()

    await bus.send("q", Event(id="1", type="test"))
