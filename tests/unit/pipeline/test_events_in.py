"""CloudEvents from outside: by token, from listed sources, of listed types, whole or not at all."""

import json
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shared.errors import Rejected
from shared.event import Event
from shared.manifest.webhooks import load_webhooks
from shared.pipeline.door.events_in import MAX_BODY_BYTES, MAX_EVENTS, take_events
from shared.ports.channel import Request
from shared.skill import Skill
from shared.turn import Turn
from tests.lab import Lab

TOKEN = "a token of thirty characters.."
STRUCTURED = {"content-type": "application/cloudevents+json; charset=utf-8"}
BATCHED = {"content-type": "application/cloudevents-batch+json"}
BEARER = {"authorization": f"Bearer {TOKEN}"}
SHIPPED = {
    "specversion": "1.0",
    "id": "1",
    "type": "order.shipped",
    "source": "/shop",
    "subject": "order 5",
    "data": {"parcel": "P-1"},
}


def reader() -> Skill:
    skill = Skill("orders", "Follows orders")

    @skill.on_message
    async def follow(turn: Turn) -> None:
        turn.emit("order.asked", {}, subject="order 5")

    @skill.on_event("order.shipped")
    async def tell(turn: Turn) -> None:
        assert turn.event
        turn.reply(f"on its way: {turn.event.data['parcel']}")

    return skill


@pytest.fixture
def fabric(lab: Callable[..., Lab], tmp_path: Path) -> Lab:
    fabric = lab(reader())
    path = tmp_path / "webhooks.toml"
    path.write_text(
        f'[[source]]\nname = "shop"\ntoken = "{TOKEN}"\nsource = "/shop"\nfacts = ["order.*"]\n'
        f'[[source]]\nname = "crm"\ntoken = "{TOKEN[::-1]}"\n'
        'source = "/crm"\nfacts = ["case.new"]\n'
    )
    fabric.webhooks = load_webhooks(path, {}, local=True)
    return fabric


def request(body: Any, **headers: str) -> Request:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request("POST", {}, {}, {**BEARER, **STRUCTURED, **names}, content)


async def published(fabric: Lab) -> list[Event]:
    bus: Any = fabric.bus
    return [Event.from_json(delivery.body) for delivery in await bus.receive("events", 200)]


async def status(fabric: Lab, given: Request) -> int:
    with pytest.raises(Rejected) as refused:
        await take_events(fabric, given)
    assert await published(fabric) == []
    return refused.value.status


async def test_news_reach_the_person_who_asked(fabric: Lab) -> None:
    await fabric.say("where is my order?")
    await fabric.drain()

    assert await take_events(fabric, request(SHIPPED)) == 1
    await take_events(fabric, request(SHIPPED))
    await fabric.drain()

    assert fabric.heard() == ["on its way: P-1"]


async def test_a_header_for_each_attribute_is_the_same(fabric: Lab) -> None:
    binary = {f"ce_{name}": value for name, value in SHIPPED.items() if isinstance(value, str)}
    binary["ce_subject"] = "order%205"
    body = json.dumps(SHIPPED["data"]).encode()

    assert await take_events(fabric, request(body, content_type="application/json", **binary)) == 1

    [fact] = await published(fabric)
    assert (fact.id, fact.subject, fact.data) == ("1", "order 5", {"parcel": "P-1"})


async def test_a_batch_is_taken_whole(fabric: Lab) -> None:
    batch = [{**SHIPPED, "id": str(number)} for number in range(MAX_EVENTS)]

    assert await take_events(fabric, request(batch, **_named(BATCHED))) == MAX_EVENTS
    assert len(await published(fabric)) == MAX_EVENTS


async def test_an_empty_batch_is_nothing(fabric: Lab) -> None:
    assert await take_events(fabric, request([], **_named(BATCHED))) == 0


async def test_it_may_not_say_whose_conversation_it_is(fabric: Lab) -> None:
    envelope = {"conversation": "lab.web.0", "bot": "lab", "origin": "x", "hops": 9, "cause": "y"}

    await take_events(fabric, request({**SHIPPED, **envelope, "path": "z", "dataref": "claim"}))

    [fact] = await published(fabric)
    assert (fact.conversation, fact.bot, fact.origin, fact.hops, fact.cause) == ("", "", "", 0, "")
    assert (fact.path, fact.dataref) == ("", "")


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": ""},
        {"authorization": "Bearer "},
        {"authorization": "Bearer wrong"},
        {"authorization": f"Basic {TOKEN}"},
        {"authorization": TOKEN},
        {"authorization": "", "x_functions_key": "wrong"},
    ],
)
async def test_without_a_token_nobody_is_heard(fabric: Lab, headers: dict[str, str]) -> None:
    assert await status(fabric, request(SHIPPED, **headers)) == 401


async def test_a_key_in_its_header_is_as_good(fabric: Lab) -> None:
    assert await take_events(fabric, request(SHIPPED, authorization="", x_functions_key=TOKEN)) == 1


@pytest.mark.parametrize(
    "change",
    [{"source": "/crm"}, {"source": "/shop/"}, {"type": "case.new"}, {"type": "fabric.activity"}],
)
async def test_what_is_not_listed_is_refused(fabric: Lab, change: dict[str, str]) -> None:
    assert await status(fabric, request({**SHIPPED, **change})) == 403


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'{"specversion": "1.0"}',
        json.dumps({**SHIPPED, "specversion": "0.3"}).encode(),
        json.dumps({**SHIPPED, "id": ""}).encode(),
        json.dumps({**SHIPPED, "id": 5}).encode(),
        json.dumps({**SHIPPED, "id": "x" * 2000}).encode(),
        json.dumps({**SHIPPED, "data_base64": "AA=="}).encode(),
        json.dumps({**SHIPPED, "data": None, "data_base64": "%"}).encode(),
        b'{"specversion": "1.0", "specversion": "1.0"}',
        b"\xff\xfe",
        b"[" * 5000,
    ],
)
async def test_what_is_no_event_is_refused(fabric: Lab, body: bytes) -> None:
    assert await status(fabric, request(body)) == 400


@pytest.mark.parametrize("body", [b"{}", b"5", b'[], "more": 1', b"[5]", b'[{"id": 1}]'])
async def test_what_is_no_batch_is_refused(fabric: Lab, body: bytes) -> None:
    assert await status(fabric, request(body, **_named(BATCHED))) == 400


async def test_one_wrong_event_and_none_is_taken(fabric: Lab) -> None:
    batch = [SHIPPED, {**SHIPPED, "id": "2", "source": "/elsewhere"}]

    assert await status(fabric, request(batch, **_named(BATCHED))) == 403


async def test_too_much_is_refused(fabric: Lab) -> None:
    many = [{**SHIPPED, "id": str(number)} for number in range(MAX_EVENTS + 1)]

    assert await status(fabric, request(many, **_named(BATCHED))) == 400
    assert await status(fabric, request(b" " * (MAX_BODY_BYTES + 1))) == 413


@pytest.mark.parametrize("content_type", ["text/plain", "application/json", ""])
async def test_another_media_type_is_refused(fabric: Lab, content_type: str) -> None:
    assert await status(fabric, request(SHIPPED, content_type=content_type)) == 415


async def test_bytes_in_base64_are_data_as_well(fabric: Lab) -> None:
    raw = {name: value for name, value in SHIPPED.items() if name != "data"}
    raw["data_base64"] = b64encode(b'{"parcel": "P-2"}').decode()

    await take_events(fabric, request(raw))

    [fact] = await published(fabric)
    assert fact.data == {"parcel": "P-2"}


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("-", "_"): value for name, value in headers.items()}
