"""What remains of a text when mentions and controls are gone."""

from typing import Any

import pytest

from shared.activity import Activity
from shared.channels.teams.text import spoken

BOT = "28:bot"


def mention(text: Any, id: Any = BOT) -> dict[str, Any]:
    return {"type": "mention", "mentioned": {"id": id, "name": "some name"}, "text": text}


def said(text: str, *entities: Any) -> str:
    return spoken(Activity(text=text, entities=list(entities), recipient={"id": BOT}))


@pytest.mark.parametrize(
    ("text", "entities", "expected"),
    [
        ("<at>Help Desk</at> hello", [mention("<at>Help Desk</at>")], "hello"),
        ("hello <at>Bot</at>, and <at>Bot</at>", [mention("<at>Bot</at>")], "hello , and"),
        (
            "<at>Help</at> <at>Desk</at> hi",
            [mention("<at>Help</at>"), mention("<at>Desk</at>")],
            "hi",
        ),
        ("(a+)+$ hi", [mention("(a+)+$")], "hi"),
        ("ask <at>Ann</at>", [mention("<at>Ann</at>", "29:ann")], "ask Ann"),
        ('ask <at id="0">Ann B</at>', [mention('<at id="0">Ann B</at>', "29:ann")], "ask Ann B"),
        ("ask @Ann", [mention("@Ann", "29:ann")], "ask @Ann"),
    ],
)
def test_mentions_of_the_bot_go_and_others_become_names(
    text: str, entities: list[Any], expected: str
) -> None:
    assert said(text, *entities) == expected


@pytest.mark.parametrize(
    "entity",
    [
        None,
        "mention",
        {"type": "mention"},
        {"type": "mention", "mentioned": "28:bot", "text": "hello"},
        mention(""),
        mention(None),
        mention(5),
        {"type": "clientInfo", "mentioned": {"id": BOT}, "text": "hello"},
    ],
)
def test_an_odd_entity_changes_nothing(entity: Any) -> None:
    assert said("hello", entity) == "hello"


def test_what_a_person_types_is_no_mention() -> None:
    assert said("<at>Bot</at> hello") == "<at>Bot</at> hello"


def test_without_a_recipient_no_mention_is_of_the_bot() -> None:
    entity = {"type": "mention", "mentioned": {}, "text": "<at>Bot</at>"}

    assert spoken(Activity(text="<at>Bot</at> hi", entities=[entity])) == "Bot hi"


def test_controls_go_and_lines_stay() -> None:
    assert said("a\x00b\x1b[31m\r\n\tc\x85\x9fd\x7f") == "ab[31m\n\tcd"


def test_spaces_of_markup_become_spaces() -> None:
    assert said("&nbsp;a&nbsp;b\u00a0c\n") == "a b c"


def test_text_is_composed() -> None:
    assert said("e\u0301") == "\u00e9"
