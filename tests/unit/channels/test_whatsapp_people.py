"""Whom a message is from, which conversation it belongs to, and where the answer goes."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from shared.activity import Activity, ConversationReference
from shared.ports.channel import Inbound, Receipt
from tests.contract.channels.whatsapp import (
    NUMBER,
    WhatsAppHarness,
    payload,
    post,
    value_of,
    with_message,
)

USER_ID, PHONE = "NL.9032180071004410", "31655501001"


@pytest.fixture
async def meta() -> AsyncIterator[WhatsAppHarness]:
    async with WhatsAppHarness() as harness:
        yield harness


async def heard(meta: WhatsAppHarness, body: dict[str, Any]) -> Inbound:
    [inbound] = (await meta.channel.receive(post(body))).activities
    return inbound


async def told(meta: WhatsAppHarness, body: dict[str, Any]) -> Receipt:
    [receipt] = (await meta.channel.receive(post(body))).receipts
    return receipt


async def addressed(meta: WhatsAppHarness, reference: ConversationReference) -> dict[str, Any]:
    await meta.channel.send(meta.bot, reference, Activity(type="message", text="hi", id="e-1"))
    body = meta.sent[-1].json()
    return {key: body[key] for key in ("recipient_type", "to", "recipient") if key in body}


async def test_a_person_is_known_by_user_id_and_written_to_by_phone(meta: WhatsAppHarness) -> None:
    inbound = await heard(meta, payload("text"))

    assert inbound.reference == ConversationReference(
        bot="helpdesk",
        channel="whatsapp",
        conversation=USER_ID,
        user=PHONE,
        user_name="Anna Example",
        account=NUMBER,
        channel_id="whatsapp",
        reply_to=inbound.activity.id,
    )
    assert inbound.activity.sender == {"id": USER_ID, "name": "Anna Example", "role": "user"}
    assert inbound.activity.recipient["id"] == NUMBER
    assert inbound.activity.conversation["id"] == USER_ID
    assert await addressed(meta, inbound.reference) == {
        "recipient_type": "individual",
        "to": PHONE,
    }


async def test_a_person_without_a_phone_number_can_be_answered(meta: WhatsAppHarness) -> None:
    reference = (await heard(meta, payload("username-only"))).reference

    assert reference.conversation == "DK.4410220098001177"
    assert await addressed(meta, reference) == {
        "recipient_type": "individual",
        "recipient": "DK.4410220098001177",
    }


async def test_a_person_known_only_by_phone_can_be_answered(meta: WhatsAppHarness) -> None:
    body = with_message(from_user_id=None)
    value_of(body)["contacts"] = []

    reference = (await heard(meta, body)).reference

    assert reference.conversation == PHONE
    assert await addressed(meta, reference) == {"recipient_type": "individual", "to": PHONE}


def without(body: dict[str, Any], *, contacts: bool = False, **ids: None) -> dict[str, Any]:
    message = value_of(body)["messages"][0]
    for name in ids:
        message.pop(name.rstrip("_"), None)
    if contacts:
        value_of(body)["contacts"] = []
    return body


@pytest.mark.parametrize(
    "body",
    [
        without(payload("text"), from_=None),
        without(payload("text"), from_user_id=None),
        without(payload("text"), from_=None, from_user_id=None),
        without(payload("text"), contacts=True),
        without(payload("text"), from_=None, contacts=True),
    ],
    ids=["no phone", "id in contact", "contact only", "no contact", "user id only"],
)
async def test_the_conversation_is_the_same_whatever_the_update_leaves_out(
    meta: WhatsAppHarness, body: dict[str, Any]
) -> None:
    whole = (await heard(meta, payload("text"))).reference

    assert (await heard(meta, body)).reference.key == whole.key


async def test_somebody_elses_contact_says_nothing_about_the_sender(meta: WhatsAppHarness) -> None:
    body = with_message(from_user_id=None, **{"from": "31655509999"})

    inbound = await heard(meta, body)

    assert inbound.reference.conversation == "31655509999"
    assert inbound.reference.user_name == ""
    assert "contact" not in inbound.activity.channel_data


async def test_each_sender_of_a_batch_has_its_own_contact(meta: WhatsAppHarness) -> None:
    body = payload("text")
    other = value_of(payload("username-only"))
    value_of(body)["contacts"] += other["contacts"]
    value_of(body)["messages"] += other["messages"]

    received = await meta.channel.receive(post(body))

    assert [i.reference.user_name for i in received.activities] == ["Anna Example", "Bo"]


async def test_a_message_from_nobody_is_set_aside(meta: WhatsAppHarness) -> None:
    body = without(payload("text"), from_=None, from_user_id=None, contacts=True)

    assert (await meta.channel.receive(post(body))).ignored == ["no_sender"]


async def test_a_changed_user_id_is_told_to_the_new_one(meta: WhatsAppHarness) -> None:
    body = without(payload("text"), from_=None, from_user_id=None, contacts=True)
    system = {"type": "user_changed_user_id", "user_id": "NL.77"}
    value_of(body)["messages"][0] |= {"type": "system", "system": system}

    inbound = await heard(meta, body)

    assert (inbound.activity.type, inbound.activity.name) == ("event", "whatsapp/system")
    assert inbound.reference.conversation == "NL.77"


async def test_a_group_is_one_conversation(meta: WhatsAppHarness) -> None:
    inbound = await heard(meta, payload("group"))
    group = "Y2FwaV9ncm91cDoxNTU1MDEwMDIwMA"

    assert inbound.reference.conversation == group
    assert inbound.reference.is_group
    assert inbound.activity.conversation == {"id": group, "isGroup": True}
    assert inbound.activity.sender["id"] == PHONE
    assert await addressed(meta, inbound.reference) == {"recipient_type": "group", "to": group}


# --- receipts ----------------------------------------------------------------------------------


async def test_a_receipt_belongs_to_the_persons_conversation(meta: WhatsAppHarness) -> None:
    receipt = await told(meta, payload("delivered"))

    assert receipt.reference.key == (await heard(meta, payload("text"))).reference.key
    assert receipt.message_id == "wamid.HBgLMzE2NTU1MDEwMDEVAgARGBI1"
    assert (receipt.status, receipt.error) == ("delivered", "")
    assert receipt.time == "2026-03-02T07:55:34+00:00"


async def test_a_failure_says_its_code(meta: WhatsAppHarness) -> None:
    receipt = await told(meta, payload("failed"))

    assert (receipt.status, receipt.error) == ("failed", "131026")


async def test_a_failure_that_names_only_the_phone_finds_home_by_what_was_sent_along(
    meta: WhatsAppHarness,
) -> None:
    reference = (await heard(meta, payload("text"))).reference
    await meta.channel.send(meta.bot, reference, Activity(type="message", text="hi", id="e-1"))
    body = payload("failed")
    data = meta.sent[-1].json()["biz_opaque_callback_data"]
    value_of(body)["statuses"][0]["biz_opaque_callback_data"] = data

    assert (await told(meta, body)).reference.key == reference.key
    assert "e-1" in data
    assert len(data) <= 512


@pytest.mark.parametrize("data", ["some data", "", 7, "fabric", "fabric  x", "fabric a\nb x"])
async def test_callback_data_of_others_is_left_alone(meta: WhatsAppHarness, data: Any) -> None:
    body = payload("failed")
    value_of(body)["statuses"][0]["biz_opaque_callback_data"] = data

    assert (await told(meta, body)).reference.conversation == PHONE


async def test_a_long_effect_id_leaves_room_for_the_conversation(meta: WhatsAppHarness) -> None:
    reference = (await heard(meta, payload("text"))).reference
    await meta.channel.send(meta.bot, reference, Activity(type="message", text="x", id="e" * 600))
    data = meta.sent[-1].json()["biz_opaque_callback_data"]
    body = payload("failed")
    value_of(body)["statuses"][0]["biz_opaque_callback_data"] = data

    assert len(data) == 512
    assert (await told(meta, body)).reference.key == reference.key


async def test_a_receipt_of_a_user_id_needs_no_phone(meta: WhatsAppHarness) -> None:
    body = payload("delivered")
    value_of(body)["contacts"] = []
    status = value_of(body)["statuses"][0]
    del status["recipient_id"]
    status["recipient_user_id"] = USER_ID

    assert (await told(meta, body)).reference.conversation == USER_ID


async def test_a_receipt_of_a_group_message_belongs_to_the_group(meta: WhatsAppHarness) -> None:
    reference = (await heard(meta, payload("group"))).reference
    body = payload("failed")
    value_of(body)["statuses"][0] |= {
        "recipient_type": "group",
        "recipient_id": reference.conversation,
    }

    assert (await told(meta, body)).reference == replace(
        reference, user="", user_name="", reply_to=""
    )


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"id": None}, "bad_status"),
        ({"status": "warning"}, "unknown_status"),
        ({"status": {}}, "unknown_status"),
        ({"recipient_id": 7}, "no_recipient"),
    ],
)
async def test_a_status_that_says_nothing_is_set_aside(
    meta: WhatsAppHarness, fields: dict[str, Any], reason: str
) -> None:
    body = payload("failed")
    value_of(body)["statuses"][0] |= fields

    received = await meta.channel.receive(post(body))

    assert received.ignored == [reason]
    assert not received.receipts
