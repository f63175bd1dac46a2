"""The envelope."""

import json
from base64 import b64encode
from typing import Any

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


def cloud_event(**more: Any) -> dict[str, Any]:
    return {"specversion": "1.0", "id": "1", "type": "order.created", "source": "/erp", **more}


@pytest.mark.parametrize(
    ("media_type", "content", "data"),
    [
        ("application/json", b'{"id": 5}', {"id": 5}),
        ("application/vnd.order+json; charset=utf-8", b"[1]", {"value": [1]}),
        (None, b'{"id": 5}', {"id": 5}),
        ("application/xml", b"<order/>", {"value": "<order/>"}),
        ("text/plain", "\u00e9".encode(), {"value": "\u00e9"}),
        ("image/png", b"\xff\x00", {"base64": "/wA="}),
    ],
)
def test_binary_data_is_decoded(media_type: str | None, content: bytes, data: Any) -> None:
    typed = {"datacontenttype": media_type} if media_type else {}
    raw = cloud_event(data_base64=b64encode(content).decode(), **typed)

    assert Event.from_dict(raw).data == data


@pytest.mark.parametrize(
    "more",
    [
        {"data_base64": "no base64!"},
        {"data_base64": 7},
        {"data_base64": "bm8ganNvbg=="},
        {"data_base64": "e30=", "data": {}},
    ],
)
def test_binary_data_that_cannot_be_read_is_no_event(more: dict[str, Any]) -> None:
    assert Event.read(json.dumps(cloud_event(**more))) is None


@pytest.mark.parametrize("number", [2**64, -(2**63) - 1, 12345678901234567890123])
def test_a_number_over_64_bits_is_kept_to_the_digit(number: int) -> None:
    event = Event.from_json(json.dumps(cloud_event(data={"n": number, "small": 7})))

    assert event.data == {"n": str(number), "small": 7}
    assert Event.from_json(event.to_json()).data == event.data
