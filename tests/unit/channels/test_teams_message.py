"""How an outbound activity is cut and addressed."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.activity import Activity, ConversationReference
from shared.channels.teams.message import MAX_TEXT_BYTES, body, split

REFERENCE = ConversationReference(
    "helpdesk", "teams", "a:1", user="user-1", account="28:bot", reply_to="m-1"
)
BUTTONS = {"actions": [{"type": "imBack", "title": "Yes", "value": "yes"}]}


def message(text: str, **fields: Any) -> Activity:
    return Activity(type="message", text=text, textFormat="markdown", **fields)


@given(
    st.lists(
        st.sampled_from(["word ", "x" * 7_000, "🙂" * 5_000, "\n\n", "\n", "Done. ", " " * 900]),
        max_size=12,
    )
)
def test_parts_are_the_text_and_each_fits(pieces: list[str]) -> None:
    text = "".join(pieces)

    parts = split(message(text))

    assert "".join(part.text for part in parts) == text
    assert all(len(part.text.encode("utf-16-le")) <= MAX_TEXT_BYTES for part in parts)


def test_a_text_is_cut_between_paragraphs() -> None:
    paragraphs = ["a" * 5_000 + "\n\n", "b" * 5_000 + "\n\n", "c" * 5_000]

    texts = [part.text for part in split(message("".join(paragraphs)))]

    assert texts == [paragraphs[0] + paragraphs[1], paragraphs[2]]


def test_a_short_message_is_left_as_it_is() -> None:
    whole = message("hi", suggestedActions=BUTTONS, attachments=[{"contentType": "x"}])

    assert split(whole) == [whole]


def test_cards_and_citations_come_last_and_mentions_where_they_are_read() -> None:
    mention = {"type": "mention", "text": "<at>Ann</at>", "mentioned": {"id": "29:ann"}}
    citation = {"type": "https://schema.org/Message", "citation": []}
    whole = message(
        "<at>Ann</at> " + "x" * 20_000,
        entities=[mention, citation],
        attachments=[{"contentType": "x"}],
        updateId="m-9",
    )

    first, last = split(whole)

    assert first["entities"] == [mention]
    assert "attachments" not in first
    assert first["updateId"] == "m-9"
    assert last["entities"] == [citation]
    assert last["attachments"] == whole["attachments"]
    assert "updateId" not in last


def test_a_body_is_addressed_and_keeps_our_own_keys_at_home() -> None:
    activity = message("hi", id="effect-1", updateId="m-9", _private=1, fabricSkill="echo")

    assert body(activity, REFERENCE) == {
        "type": "message",
        "text": "hi",
        "textFormat": "markdown",
        "from": {"id": "28:bot"},
        "conversation": {"id": "a:1"},
        "replyToId": "m-1",
    }


def test_a_proactive_body_replies_to_nothing() -> None:
    assert "replyToId" not in body(message("hi"), REFERENCE.proactive())


def test_buttons_become_a_card_where_a_group_could_not_see_them() -> None:
    group = ConversationReference("helpdesk", "teams", "19:x", is_group=True)

    in_group = body(message("Sure?", suggestedActions=BUTTONS), group)
    alone = body(message("Sure?", suggestedActions=BUTTONS), REFERENCE)

    assert alone["suggestedActions"] == BUTTONS
    assert "suggestedActions" not in in_group
    assert in_group["attachments"][0]["content"] == {"buttons": BUTTONS["actions"]}


def offer(count: int, **more: Any) -> Activity:
    actions = [{"type": "imBack", "title": f"No. {n}", "value": str(n)} for n in range(count)]
    return message("Which?", suggestedActions={"actions": actions}, **more)


def buttons(sent: dict[str, Any]) -> list[list[str]]:
    """The titles on each card."""
    cards = [a["content"].get("buttons", ()) for a in sent.get("attachments", ())]
    return [[button["title"] for button in card] for card in cards if card]


def test_three_choices_are_suggested_in_a_personal_chat() -> None:
    sent = body(offer(3), REFERENCE)

    assert len(sent["suggestedActions"]["actions"]) == 3
    assert "attachments" not in sent


@pytest.mark.parametrize(("count", "cards"), [(4, [4]), (6, [6]), (7, [6, 1]), (13, [6, 6, 1])])
def test_more_choices_than_teams_suggests_are_buttons_of_cards(
    count: int, cards: list[int]
) -> None:
    sent = body(offer(count), REFERENCE)

    assert "suggestedActions" not in sent
    assert [len(card) for card in buttons(sent)] == cards
    assert [title for card in buttons(sent) for title in card] == [f"No. {n}" for n in range(count)]


def test_a_choice_beside_a_card_is_a_button_of_another() -> None:
    card = {"contentType": "application/vnd.microsoft.card.adaptive", "content": {"body": []}}

    sent = body(offer(1, attachments=[card]), REFERENCE)

    assert sent["attachments"][0] == card
    assert buttons(sent) == [["No. 0"]]
    assert "suggestedActions" not in sent


def test_what_is_for_one_person_of_a_group_names_them() -> None:
    alone = replace(REFERENCE, is_group=True, alone="29:ann")

    sent = body(message("your salary"), alone)

    assert sent["recipient"] == {"id": "29:ann", "isTargeted": True}
    assert "replyToId" not in sent
    assert alone.key != REFERENCE.key, "nothing said there is known to the group"
