"""What each type of message becomes. Nothing of it is lost: channelData has it whole."""

from typing import Any

import pytest

from shared.activity import Activity
from shared.channels.whatsapp.activity import activity_of

WAMID = "wamid.1"
EARLIER = "wamid.0"


def read(kind: str, body: Any = None, **fields: Any) -> Activity:
    message = {"id": WAMID, "timestamp": "1772438130", "type": kind, **fields}
    if body is not None:
        message[kind] = body
    activity = activity_of(message, {"wa_id": "31655501001"})
    assert activity.channel_data == {"whatsapp": message, "contact": {"wa_id": "31655501001"}}
    assert (activity.id, activity.channel_id) == (WAMID, "whatsapp")
    assert activity["timestamp"] == "2026-03-02T07:55:30+00:00"
    return activity


def shape(activity: Activity) -> tuple[str, str, str]:
    return activity.type, activity.text, activity.name


def test_text_is_a_message() -> None:
    activity = read("text", {"body": "Grüße 👩‍👩‍👧!"})

    assert shape(activity) == ("message", "Grüße 👩‍👩‍👧!", "")
    assert activity.value is None


def test_control_characters_are_removed_from_text() -> None:
    assert read("text", {"body": "a\x00b\x1b[0m\x85\n\tc"}).text == "ab[0m\n\tc"


@pytest.mark.parametrize("kind", ["image", "audio", "video", "document", "sticker"])
def test_media_is_an_attachment_that_names_its_id(kind: str) -> None:
    media = {"id": "179", "mime_type": "application/x", "sha256": "q0m=", "caption": "look"}

    activity = read(kind, {**media, "filename": "a.pdf"})

    assert shape(activity) == ("message", "look", "")
    assert activity.attachments == [
        {
            "contentType": "application/x",
            "contentUrl": "whatsapp:media/179",
            "name": "a.pdf",
            "content": {**media, "filename": "a.pdf"},
        }
    ]


def test_media_without_details_is_still_an_attachment() -> None:
    assert read("image", {}).attachments == [
        {"contentType": "application/octet-stream", "content": {}}
    ]


@pytest.mark.parametrize("kind", ["location", "order"])
def test_a_place_or_order_is_an_attachment(kind: str) -> None:
    body = {"latitude": 52.1, "longitude": 4.3, "catalog_id": "1", "product_items": []}

    [attachment] = read(kind, body).attachments

    assert attachment == {
        "contentType": f"application/vnd.whatsapp.{kind}+json",
        "content": body,
    }
    assert read(kind, body).value is None, "the same place twice is not one click"


def test_an_order_may_say_something() -> None:
    assert read("order", {"text": "no onions", "product_items": []}).text == "no onions"


def test_each_contact_is_an_attachment() -> None:
    cards = [{"name": {"formatted_name": "Bo"}}, {"name": {"formatted_name": "Cy"}}]

    activity = read("contacts", cards)

    assert [attachment["content"] for attachment in activity.attachments] == cards


@pytest.mark.parametrize("kind", ["button_reply", "list_reply"])
def test_a_choice_says_the_value_that_was_offered(kind: str) -> None:
    reply = {"type": kind, kind: {"id": "/tickets", "title": "Open a ticket"}}

    activity = read("interactive", reply, context={"id": EARLIER})

    assert shape(activity) == ("message", "/tickets", "")
    assert activity.value is None
    assert activity.reply_to_id == EARLIER


def test_a_template_button_says_its_text_and_keeps_its_payload() -> None:
    assert read("button", {"text": "Stop", "payload": "stop-7"}).value == {"payload": "stop-7"}
    assert read("button", {"text": "Stop", "payload": "stop-7"}).text == "Stop"
    assert read("button", {"text": "Stop", "payload": "Stop"}).value is None


def test_a_form_is_a_value_without_text_like_a_submitted_card() -> None:
    form = {"type": "nfm_reply", "nfm_reply": {"response_json": '{"rating":"4"}', "name": "flow"}}

    activity = read("interactive", form)

    assert shape(activity) == ("message", "", "")
    assert activity.value == {"rating": "4"}


@pytest.mark.parametrize("response", ["", "[1]", "{", '{"a":NaN}', "\ud800", 7])
def test_a_form_that_is_no_object_stays_as_it_came(response: Any) -> None:
    reply = {"response_json": response}

    assert read("interactive", {"type": "nfm_reply", "nfm_reply": reply}).value == reply


def test_a_reaction_names_the_message_it_is_about() -> None:
    added = read("reaction", {"message_id": EARLIER, "emoji": "👍"})
    removed = [
        read("reaction", {"message_id": EARLIER}),
        read("reaction", {"message_id": EARLIER, "emoji": ""}),
    ]

    assert (added.type, added["reactionsAdded"]) == ("messageReaction", [{"type": "👍"}])
    assert added.reply_to_id == EARLIER
    for activity in removed:
        assert "reactionsRemoved" in activity
        assert "reactionsAdded" not in activity
        assert activity.reply_to_id == EARLIER


def test_an_edit_is_an_update_with_the_new_content() -> None:
    now = {"type": "text", "text": {"body": "better"}, "context": {"id": "M0"}}

    activity = read("edit", {"original_message_id": EARLIER, "message": now})

    assert shape(activity) == ("messageUpdate", "better", "")
    assert activity.reply_to_id == EARLIER


def test_a_revoked_message_is_deleted() -> None:
    activity = read("revoke", {"original_message_id": EARLIER})

    assert (activity.type, activity.reply_to_id) == ("messageDelete", EARLIER)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("system", {"type": "user_changed_number", "wa_id": "31655501002"}),
        ("unsupported", {"type": "poll"}),
        ("some_future_type", {"x": 1}),
        ("text", {"body": 7}),
        ("text", "x"),
        ("interactive", None),
        ("interactive", {"type": "call_permission_reply", "call_permission_reply": {}}),
        ("interactive", {"type": [], "button_reply": {}}),
        ("interactive", {"type": "button_reply", "button_reply": {}}),
        ("reaction", {"emoji": "👍"}),
        ("edit", {}),
        ("revoke", []),
        ("contacts", []),
        ("contacts", "x"),
        ("button", {"payload": "x"}),
        ("image", "x"),
    ],
)
def test_what_has_no_form_of_its_own_is_an_event_with_its_name(kind: str, body: Any) -> None:
    activity = read(kind, body)

    assert (activity.type, activity.name) == ("event", f"whatsapp/{kind}")
    assert activity.value == body


@pytest.mark.parametrize("kind", ["", "x y", "a" * 65, "é"])
def test_a_type_that_is_no_name_is_unknown(kind: str) -> None:
    assert read(kind, {"x": 1}).name == "whatsapp/unknown"


def test_an_ad_that_led_here_is_kept_and_not_followed() -> None:
    referral = {"source_url": "https://evil.example/ad", "ctwa_clid": "c"}

    activity = read("text", {"body": "hi"}, referral=referral)

    assert activity.channel_data["whatsapp"]["referral"] == referral
    assert activity.attachments == []
