"""The envelope."""

import json

import pytest

from shared.event import Event, event_id


def test_an_event_survives_the_wire() -> None:
    event = Event(
        "1",
        "ticket.created",
        {"n": [1, "ä"]},
        subject="T-1",
        bot="helpdesk",
        conversation="c",
        origin="o",
        cause="z",
        traceparent="00-" + "a" * 32 + "-" + "b" * 16 + "-01",
        attempt=2,
        hops=3,
        time="2026-11-24T10:00:00+00:00",
    )
    assert Event.from_json(event.to_json()) == event


def test_a_retry_is_new_to_the_broker_and_the_same_work() -> None:
    event = Event("abc", "t")
    first, second = event.retry("crm"), event.retry("crm").retry("crm")
    assert [first.id, second.id] == ["abc:crm:1", "abc:crm:2"]
    assert {event.work_id, first.work_id, second.work_id} == {"abc"}


@pytest.mark.parametrize("body", ["", "1", "{}", '{"specversion":"1.0"}', "[" * 100_000, "\x00"])
def test_what_is_no_cloudevent_is_a_value_error(body: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        Event.from_json(body)


def test_no_attribute_collides_with_trigger_metadata() -> None:
    metadata = {"messageid", "sessionid", "deliverycount", "dequeuecount", "sequencenumber"}
    assert not metadata & {name.lower() for name in json.loads(Event("1", "t").to_json())}


def test_ids_depend_on_every_part() -> None:
    assert event_id("a", "bc") != event_id("ab", "c")
