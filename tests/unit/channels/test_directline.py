"""The web channel: what a person says comes in as theirs, what the bot says comes out once."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from shared.activity import Activity
from shared.channels.directline.channel import LONGEST_TEXT
from shared.channels.directline.upload import ACTIVITY_BYTES, UPLOAD_BYTES
from shared.errors import Rejected
from shared.ports.store import Delete, Etags, Item, Op
from shared.storage.sqlite import SqliteStore
from tests.contract.channels.directline import PAYLOADS, call
from tests.unit.directline import OpenWeb, Web, payload, refused


@pytest.fixture
async def web(open_web: OpenWeb) -> Web:
    web = open_web()
    await web.join(user={"id": "ann", "name": "Ann"})
    return web


class StoreOutage(SqliteStore):
    """Answers until it is `down`."""

    down = False

    async def get(self, partition: str, id: str) -> Item | None:
        if self.down:
            raise OSError("connection refused")
        return await super().get(partition, id)


class Remembering(SqliteStore):
    """Remembers for how long each kind of item was written."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.lives: dict[str, int | None] = {}

    async def write(self, partition: str, *ops: Op, durable: bool = True) -> Etags:
        etags = await super().write(partition, *ops, durable=durable)
        self.lives |= {op.id.split(":")[0]: op.ttl for op in ops if not isinstance(op, Delete)}
        return etags


async def test_a_conversation_is_created_once(web: Web) -> None:
    first, granted = await web.channel.start(call("POST", web.token, {"user": {}}))
    again, same = await web.channel.start(call("POST", web.token, {"user": {}}))

    assert (first, again) == (True, False)
    assert granted == same
    assert granted["conversationId"] == web.conversation


async def test_a_message_and_its_answer_come_by_polling(web: Web) -> None:
    inbound = await web.say("hello", "c-1")
    await web.answer(inbound.reference, "echo: hello", "effect-1")

    (mine, reply), _ = await web.poll()

    assert (mine["id"], mine["channelData"]) == (inbound.activity.id, {"clientActivityID": "c-1"})
    assert (reply["text"], reply["replyToId"]) == ("echo: hello", mine["id"])
    assert (reply["from"]["role"], reply["from"]["id"]) == ("bot", "helpdesk")


async def test_the_watermark_leaves_out_what_was_seen(web: Web) -> None:
    await web.say("one")
    _, watermark = await web.poll()
    await web.say("two")

    activities, later = await web.poll(watermark)

    assert [activity.text for activity in activities] == ["two"]
    assert await web.poll(later) == ([], later)


@pytest.mark.parametrize("watermark", ["", "null", "-1", "1e3", "٣", "9" * 40, "../x"])
async def test_a_strange_watermark_starts_from_the_beginning(web: Web, watermark: str) -> None:
    await web.say("hello")

    assert [activity.text for activity in (await web.poll(watermark))[0]] == ["hello"]


async def test_the_server_says_who_speaks_and_where(web: Web) -> None:
    [inbound] = await web.post(payload("message"))
    activity = inbound.activity

    assert activity["from"] == {"id": "ann", "name": "Ann", "role": "user"}
    assert activity["conversation"] == {"id": web.conversation}
    assert activity["recipient"]["id"] == "helpdesk"
    assert activity["channelId"] == "directline"
    assert not {"serviceUrl", "deliveryMode"} & activity.keys()
    assert activity["channelData"] == payload("message")["channelData"]
    assert activity["entities"] == payload("message")["entities"]
    assert (inbound.reference.user, inbound.reference.service_url) == ("ann", "")
    assert inbound.reference.reply_to == activity.id


async def test_a_submitted_card_arrives_as_a_value(web: Web) -> None:
    [inbound] = await web.post(payload("card_submit"))

    assert inbound.activity.value == payload("card_submit")["value"]


async def test_a_clients_retry_is_the_same_message(web: Web) -> None:
    first, second = await web.say("hello", "c-1"), await web.say("hello", "c-1")

    assert first.activity.id == second.activity.id
    assert await web.heard() == ["hello"]


async def test_messages_without_a_client_id_stay_apart(web: Web) -> None:
    await web.say("again")
    await web.say("again")

    assert await web.heard() == ["again", "again"]


async def test_a_client_id_means_nothing_in_another_conversation(web: Web) -> None:
    first = await web.say("hello", "c-1")
    await web.join()

    assert (await web.say("hello", "c-1")).activity.id != first.activity.id


async def test_a_repeated_send_has_one_effect(web: Web) -> None:
    reference = (await web.say("hello")).reference

    assert await web.answer(reference, "hi", "effect-1") == "effect-1"
    assert await web.answer(reference, "hi", "effect-1") == "effect-1"
    assert await web.heard() == ["hello", "hi"]


async def test_writers_at_once_lose_nothing_and_keep_one_order(web: Web) -> None:
    reference = (await web.say("0")).reference

    await asyncio.gather(*(web.answer(reference, str(n), f"e{n}") for n in range(1, 21)))

    heard = await web.heard()
    assert sorted(heard, key=int) == [str(n) for n in range(21)]
    assert await web.heard() == heard


async def test_a_proactive_message_replies_to_nothing(web: Web) -> None:
    reference = (await web.say("hello")).reference.proactive()
    await web.answer(reference, "your ticket is done", "effect-1")

    (_, news), _ = await web.poll()

    assert "replyToId" not in news


async def test_a_reply_names_only_what_the_client_has_seen(web: Web) -> None:
    reference = (await web.say("hello")).reference
    unseen = Activity(type="message", text="hi", id="effect-1", replyToId="never-logged")
    await web.channel.send(web.bots["helpdesk"], reference, unseen)

    (_, reply), _ = await web.poll()

    assert "replyToId" not in reply


async def test_typing_reaches_the_client_and_fades(tmp_path: Path, open_web: OpenWeb) -> None:
    store = Remembering(str(tmp_path / "store.db"))
    web = open_web(store=store)
    await web.join()
    reference = (await web.say("hello")).reference
    store.lives.clear()
    await web.channel.send(web.bots["helpdesk"], reference, Activity(type="typing"))

    _, typing = (await web.poll())[0]

    assert typing.type == "typing"
    assert store.lives == {"head": 90 * 86_400, "activity": 30, "id": 30}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"type":"message","text":"' + b"a" * 65_536 + b'"}', 413),
        (b'{"type":7,"text":"x"}', 400),
        (b'{"text":"x"}', 400),
        (b'{"type":"message","text":""}', 400),
        (b"not json", 400),
    ],
)
async def test_a_wrong_body_is_refused(web: Web, body: bytes, status: int) -> None:
    assert await refused(web.post(body)) == status
    assert await web.heard() == []


@pytest.mark.parametrize(
    "more",
    [
        {"value": {}},
        {"value": False},
        {"value": 0},
        {"value": []},
        {"value": ""},
        {"channelData": {"postBack": True}},
        {"text": "", "channelData": {"messageBack": {"displayText": "Go"}}},
    ],
    ids=str,
)
async def test_a_button_without_data_is_taken(web: Web, more: dict[str, Any]) -> None:
    [inbound] = await web.post({"type": "message", **more})

    assert inbound.activity.value == more.get("value")
    assert [echo.id for echo in (await web.poll())[0]] == [inbound.activity.id]


async def test_fields_of_the_wrong_type_do_no_harm(web: Web) -> None:
    strange = {"channelData": ["x"], "from": 1, "locale": {}, "entities": "x", "id": [1]}

    [inbound] = await web.post({"type": "message", "text": "hello", **strange})

    assert inbound.activity["from"]["id"] == "ann"


async def test_an_upload_carries_a_small_file_along(web: Web) -> None:
    body = (PAYLOADS / "upload.multipart").read_bytes()
    kind = "multipart/form-data; boundary=WebKitBoundary7MA4"

    [inbound] = await web.post(body, content_type=kind)

    assert inbound.activity.text == "Here is the photo"
    assert inbound.activity.attachments == [
        {
            "contentType": "image/png",
            "name": "Bildschirm für alle.png",
            "contentUrl": "data:image/png;base64,iVBORw0KDQotLW5vdCBhIGJvdW5kYXJ5",
        }
    ]


async def test_polling_outlives_an_outage_of_the_store(tmp_path: Path, open_web: OpenWeb) -> None:
    store = StoreOutage(str(tmp_path / "store.db"))
    web = open_web(store=store)
    await web.join()
    await web.say("hello")

    store.down = True
    assert await web.poll("0") == ([], "0")
    store.down = False
    assert [activity.text for activity in (await web.poll("0"))[0]] == ["hello"]


@pytest.mark.parametrize("token", ["", "A" * 43, "short", "B" * 4_000])
async def test_polling_is_never_answered_401(web: Web, token: str) -> None:
    request = call("GET", token, conversation=web.conversation)

    with pytest.raises(Rejected) as refusal:
        await web.channel.poll(request)
    assert refusal.value.status == 403


async def test_check_reports_the_store(web: Web) -> None:
    assert await web.channel.check() == ""


async def test_a_message_is_as_long_as_the_page_lets_one_be(web: Web) -> None:
    await web.join()
    await web.say("x" * LONGEST_TEXT)
    assert await refused(web.post({"type": "message", "text": "x" * (LONGEST_TEXT + 1)})) == 413


async def test_what_nobody_sees_does_not_reach_a_skill(web: Web) -> None:
    await web.join(user={"id": "ann", "name": "Ann\u202e\u200b"})
    inbound = await web.say("a\u202e\U000e0049\u200b\x07\x00b")
    assert inbound.activity.text == "ab"
    assert inbound.activity.sender["name"] == "Ann"
    assert inbound.reference.user_name == "Ann"
    assert not inbound.reference.verified


@pytest.mark.parametrize(
    ("type", "most"),
    [("application/json", ACTIVITY_BYTES), ("multipart/form-data; boundary=x", UPLOAD_BYTES)],
)
async def test_a_body_over_the_cap_is_refused_before_the_token_is_looked_at(
    web: Web, type: str, most: int
) -> None:
    web.token = "of nobody"
    assert await refused(web.post(b"x" * most, content_type=type)) == 401
    assert await refused(web.post(b"x" * (most + 1), content_type=type)) == 413


@pytest.mark.parametrize(
    "type",
    ["invoke", "conversationUpdate", "endOfConversation", "installationUpdate", "trace", "x"],
)
async def test_what_no_bot_would_hear_is_not_acknowledged(web: Web, type: str) -> None:
    assert await refused(web.post({"type": type, "name": "x", "value": {}})) == 400
    assert await web.heard() == []


async def test_a_typing_is_taken_and_forgotten(web: Web) -> None:
    assert await web.post({"type": "typing"}) == []
    assert await web.heard() == []


async def test_sources_are_links_under_the_text(web: Web) -> None:
    sources = [
        {"position": 1, "appearance": {"name": 'A "B"', "url": "https://x.example/1"}},
        {"position": 2, "appearance": {"name": "No address"}},
        {"position": 3, "appearance": {"name": "Odd", "url": "javascript:alert(1)"}},
        {"position": "4", "appearance": {"url": "https://x.example/4"}},
    ]
    inbound = await web.say("hi")
    answer = Activity(
        type="message",
        id="a",
        text="Take [1] and [2].",
        textFormat="markdown",
        entities=[{"type": "https://schema.org/Message", "citation": sources}, {"citation": 5}],
    )

    await web.channel.send(web.bots["helpdesk"], inbound.reference, answer)

    [_, said] = (await web.poll())[0]
    assert said.text.splitlines() == [
        "Take [1] and [2].",
        "",
        r'[1]: https://x.example/1 "A \"B\""',
        r"\[2\] No address",
        r"\[3\] Odd",
    ]
    assert answer.text == "Take [1] and [2].", "a second try says the same"
