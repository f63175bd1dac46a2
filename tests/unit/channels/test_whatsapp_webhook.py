"""Meta's handshake, and which POSTs are taken in, refused or set aside."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from shared.channels.whatsapp.channel import WRONG_TOKENS_A_MINUTE
from shared.errors import Rejected
from shared.ports.channel import Received
from tests.contract.channels.whatsapp import (
    VERIFY_TOKEN,
    WhatsAppHarness,
    payload,
    post,
    value_of,
    with_message,
)

SENT_AT = 1772438130.0
DAY = 86_400.0


@pytest.fixture
async def meta() -> AsyncIterator[WhatsAppHarness]:
    async with WhatsAppHarness() as harness:
        yield harness


async def receive(meta: WhatsAppHarness, body: dict[str, Any]) -> Received:
    return await meta.channel.receive(post(body))


def texts(received: Received) -> list[str]:
    return [inbound.activity.text for inbound in received.activities]


# --- handshake ---------------------------------------------------------------------------------


def handshake(**query: str) -> dict[str, str]:
    asked = {"mode": "subscribe", "verify_token": VERIFY_TOKEN, "challenge": "1158201444", **query}
    return {f"hub.{name}": value for name, value in asked.items() if value}


async def test_the_challenge_is_answered(meta: WhatsAppHarness) -> None:
    assert meta.channel.verify(handshake()) == "1158201444"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"verify_token": "wrong"}, 403),
        ({"verify_token": "tést"}, 403),
        ({"verify_token": ""}, 403),
        ({"mode": "unsubscribe"}, 403),
        ({"mode": ""}, 403),
        ({"verify_token": "wrong", "challenge": ""}, 403),
        ({"challenge": ""}, 400),
        ({"challenge": "<script>alert(1)</script>"}, 400),
        ({"challenge": "1158201444\n"}, 400),
        ({"challenge": "٣"}, 400),
        ({"challenge": "x" * 129}, 400),
    ],
)
async def test_a_wrong_handshake_is_refused(
    meta: WhatsAppHarness, query: dict[str, str], status: int
) -> None:
    with pytest.raises(Rejected) as rejection:
        meta.channel.verify(handshake(**query))

    assert rejection.value.status == status


async def test_without_a_verify_token_no_handshake_succeeds(meta: WhatsAppHarness) -> None:
    channel = meta.rebuild(whatsapp_verify_token="")

    for token in ("", VERIFY_TOKEN):
        with pytest.raises(Rejected) as rejection:
            channel.verify(handshake(verify_token=token))
        assert rejection.value.status == 403


async def test_a_verify_token_cannot_be_guessed_by_trying(meta: WhatsAppHarness) -> None:
    now = [1_791_500_000.0]
    channel = meta.rebuild(local=False)
    channel._clock = lambda: now[0]

    def status(**query: str) -> int:
        try:
            channel.verify(handshake(**query))
        except Rejected as rejection:
            return rejection.status
        return 200

    tried = [status(verify_token=f"guess-{number}") for number in range(12)]
    assert tried == [403] * WRONG_TOKENS_A_MINUTE + [429, 429]
    assert status() == 429  # the right one tells nothing now

    now[0] += 61
    assert status() == 200


# --- what is refused ---------------------------------------------------------------------------


async def test_without_an_app_secret_nothing_is_taken(meta: WhatsAppHarness) -> None:
    meta.rebuild(whatsapp_app_secrets=())

    for secret in ("", "any"):
        with pytest.raises(Rejected) as rejection:
            await meta.channel.receive(post(payload("text"), secret=secret))
        assert rejection.value.status == 503
    assert "FABRIC_WHATSAPP_APP_SECRET" in await meta.channel.check()


async def test_an_unsigned_body_is_refused_before_it_is_parsed(meta: WhatsAppHarness) -> None:
    unsigned = replace(post(b"{"), headers={})

    with pytest.raises(Rejected) as rejection:
        await meta.channel.receive(unsigned)

    assert rejection.value.status == 401


async def test_both_secrets_are_taken_during_rotation(meta: WhatsAppHarness) -> None:
    channel = meta.rebuild(whatsapp_app_secrets=("old", "new"))

    for secret in ("old", "new"):
        received = await channel.receive(post(payload("text"), secret=secret))
        assert len(received.activities) == 1


@pytest.mark.parametrize(("size", "taken"), [(3_500_000, True), (3_500_001, False)])
async def test_a_body_has_at_most_3_5_million_bytes(
    meta: WhatsAppHarness, size: int, taken: bool
) -> None:
    raw = json.dumps(payload("text")).encode()
    request = post(raw + b" " * (size - len(raw)))

    if taken:
        assert (await meta.channel.receive(request)).activities
    else:
        with pytest.raises(Rejected) as rejection:
            await meta.channel.receive(request)
        assert rejection.value.status == 413


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"\xef\xbb\xbf{}", b"{", b'{"a":NaN}'])
async def test_a_signed_body_that_is_no_object_is_refused(
    meta: WhatsAppHarness, body: bytes
) -> None:
    with pytest.raises(Rejected) as rejection:
        await meta.channel.receive(post(body))

    assert rejection.value.status == 400


# --- what is set aside -------------------------------------------------------------------------


def changed(**change: Any) -> dict[str, Any]:
    body = payload("text")
    body["entry"][0]["changes"][0] |= change
    return body


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({}, "no_entry"),
        ({"object": "whatsapp_business_account"}, "no_entry"),
        ({"object": "page", "entry": []}, "unknown_object"),
        ({"object": "whatsapp_business_account", "entry": {}}, "bad_entry"),
        ({"object": "whatsapp_business_account", "entry": [1]}, "bad_entry"),
        ({"object": "whatsapp_business_account", "entry": [{"changes": "x"}]}, "bad_changes"),
        (changed(field="account_update"), "field_account_update"),
        (changed(field="smb_message_echoes"), "field_smb_message_echoes"),
        (changed(field="x y\n"), "field_unknown"),
        (changed(field=None), "field_unknown"),
        (changed(value=[]), "bad_value"),
        (changed(value={"metadata": "x"}), "bad_value"),
        (changed(value={"metadata": {"phone_number_id": "1"}}), "unknown_number"),
        (changed(value={"metadata": {"phone_number_id": 106540352242922}}), "unknown_number"),
        (with_message(id=None), "bad_message"),
        (with_message(id=7), "bad_message"),
        (with_message(**{"from": "15550100200"}), "own_message"),
    ],
)
async def test_what_means_nothing_to_us_is_ignored_and_counted(
    meta: WhatsAppHarness, body: dict[str, Any], reason: str
) -> None:
    received = await receive(meta, body)

    assert received.ignored == [reason]
    assert not received.activities
    assert not received.receipts


async def test_errors_of_the_service_are_counted(meta: WhatsAppHarness) -> None:
    body = payload("text")
    value_of(body)["messages"] = []
    value_of(body)["errors"] = [{"code": 130429}, {"code": {}}, "x"]

    assert (await receive(meta, body)).ignored == ["error_130429", "error_unknown", "bad_errors"]


@pytest.mark.parametrize("key", ["contacts", "messages", "statuses", "errors"])
@pytest.mark.parametrize("junk", [None, 1, "x", {}, [None], [[]], [{}], [{"id": {}, "type": []}]])
async def test_wrong_types_never_raise(meta: WhatsAppHarness, key: str, junk: Any) -> None:
    body = payload("text")
    value_of(body)[key] = junk

    received = await receive(meta, body)

    assert received.activities or received.ignored


async def test_a_person_whose_number_is_the_placeholder_of_the_bot_is_heard(
    meta: WhatsAppHarness,
) -> None:
    body = with_message(**{"from": "15550100200"})
    value_of(body)["contacts"][0]["wa_id"] = "15550100200"

    assert len((await receive(meta, body)).activities) == 1


# --- batches -----------------------------------------------------------------------------------


async def test_all_updates_of_a_batch_are_found_and_put_in_order(meta: WhatsAppHarness) -> None:
    received = await receive(meta, payload("batch"))

    assert texts(received) == ["first", "second", "third"]
    assert [receipt.status for receipt in received.receipts] == ["read", "delivered"]
    assert received.ignored == []


async def test_equal_times_keep_their_order(meta: WhatsAppHarness) -> None:
    body = payload("batch")
    for change in body["entry"][0]["changes"]:
        for message in change["value"].get("messages", []):
            message["timestamp"] = "1772438130"

    assert texts(await receive(meta, body)) == ["second", "first", "third"]


async def test_of_two_messages_with_one_id_the_first_is_kept(meta: WhatsAppHarness) -> None:
    body = payload("text")
    first = value_of(body)["messages"][0]
    value_of(body)["messages"].append({**first, "text": {"body": "again"}})

    received = await receive(meta, body)

    assert texts(received) == ["how do I get a new badge?"]
    assert received.ignored == ["duplicate"]


async def test_each_number_has_its_bot(meta: WhatsAppHarness) -> None:
    body = payload("text")
    body["entry"].append(payload("text")["entry"][0])
    body["entry"][1]["changes"][0]["value"]["metadata"] = {"phone_number_id": "42"}

    received = await receive(meta, body)

    assert [inbound.bot.id for inbound in received.activities] == ["helpdesk"]
    assert received.ignored == ["unknown_number"]


# --- age ---------------------------------------------------------------------------------------


async def test_in_the_cloud_a_message_of_last_week_is_a_replay(meta: WhatsAppHarness) -> None:
    meta.rebuild(local=False, now=SENT_AT + 8 * DAY)
    assert len((await receive(meta, payload("text"))).activities) == 1

    meta.rebuild(now=SENT_AT + 8 * DAY + 1, local=False)
    assert (await receive(meta, payload("text"))).ignored == ["stale"]


async def test_locally_an_old_sample_can_be_replayed(meta: WhatsAppHarness) -> None:
    meta.rebuild(now=SENT_AT + 1000 * DAY)

    assert len((await receive(meta, payload("text"))).activities) == 1


@pytest.mark.parametrize(
    ("timestamp", "expected"),
    [
        ("1772438130", "2026-03-02T07:55:30+00:00"),
        (1772438130, "2026-03-02T07:55:30+00:00"),
        ("2026-03-02T08:55:30+01:00", "2026-03-02T07:55:30+00:00"),
        ("2026-03-02T07:55:30", "2026-03-02T07:55:30+00:00"),
        ("99999999999999", None),
        ("999999999999", None),
        ("soon", None),
        ({}, None),
        (True, None),
        (None, None),
    ],
)
async def test_a_timestamp_is_read_if_it_is_one(
    meta: WhatsAppHarness, timestamp: Any, expected: str | None
) -> None:
    [inbound] = (await receive(meta, with_message(timestamp=timestamp))).activities

    assert inbound.activity.get("timestamp") == expected
