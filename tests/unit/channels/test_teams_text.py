"""What remains of a text when mentions and controls are gone."""

from typing import Any

import pytest

from shared.activity import Activity
from shared.channels.teams.text import read, spoken

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


@pytest.mark.parametrize(
    ("text", "mark", "expected"),
    [
        ("<at>R&D Lab</at> /ticket", None, "/ticket"),
        ("<at>R&amp;D Lab</at> /ticket", None, "/ticket"),
        ("<at>R&amp;D Lab</at> /ticket", "<at>R&D Lab</at>", "/ticket"),
        ("<at>R&D Lab</at> /ticket", "<at>R&amp;D Lab</at>", "/ticket"),
        ("<at>R&D</at> <at>Lab</at> hi", None, "<at>R&D</at> <at>Lab</at> hi"),
    ],
)
def test_a_mention_is_known_by_its_name_where_its_mark_is_not_told(
    text: str, mark: str | None, expected: str
) -> None:
    entity = {"type": "mention", "mentioned": {"id": BOT, "name": "R&D Lab"}, "text": mark}

    assert said(text, entity) == expected


def test_somebody_elses_name_is_shown_as_it_is_written() -> None:
    entity = {"type": "mention", "mentioned": {"id": "29:ann", "name": 'Ann "A" O\'Hara & Co'}}

    assert said("ask <at>Ann &quot;A&quot; O&#x27;Hara &amp; Co</at>", entity) == (
        'ask Ann "A" O\'Hara & Co'
    )


def quote(id: Any) -> dict[str, Any]:
    return {"type": "quotedReply", "quotedReply": {"messageId": id, "preview": "earlier words"}}


@pytest.mark.parametrize(
    "mark",
    [
        '<quoted messageId="17"/>',
        '<quoted messageId="17" />',
        "<quoted messageId='17'></quoted>",
    ],
)
def test_what_is_quoted_is_not_said(mark: str) -> None:
    other = '<quoted messageId="18"/>'

    assert said(f"{mark} /ticket printer", quote("17")) == "/ticket printer"
    assert said(f"{mark}\n{other}\n/ticket", quote("17"), quote(18)) == "/ticket"
    assert said(f"what is {other}", quote("17")) == f"what is {other}", "a person typed it"


@pytest.mark.parametrize("id", [None, "", {}, ["17"], ".*"])
def test_an_odd_quote_changes_nothing(id: Any) -> None:
    assert said('<quoted messageId="17"/> hi', quote(id)) == '<quoted messageId="17"/> hi'


def message(text: str, *attachments: dict[str, Any]) -> Activity:
    activity = Activity(
        text=text, attachments=list(attachments), recipient={"id": BOT, "name": "Lab"}
    )
    read(activity)
    return activity


def test_the_copy_of_a_text_is_no_file() -> None:
    copy = {"contentType": "Text/HTML; charset=utf-8", "content": "<p>👍</p>"}
    file = {"contentType": "text/html", "contentUrl": "https://files.example/a.html"}

    heard = message("👍", copy, file)

    assert (heard.text, heard.attachments) == ("👍", [file])


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>hot &amp; loud</p>", "hot & loud"),
        ("<div>one<br>two</div><ul><li>three</li></ul>", "one\ntwo\nthree"),
        ("<p><at id='0'>Lab</at>&nbsp;hello <at id='1'>Ann</at></p>", "hello Ann"),
        ("<span itemtype='http://schema.skype.com/Mention'>Lab</span> go", "go"),
        ("go <img itemtype='http://schema.skype.com/Emoji' alt='👍'><img src=x>", "go 👍"),
        (
            "<blockquote itemtype='http://schema.skype.com/Reply'><b>Ann</b><p>old</p></blockquote>new",
            "new",
        ),
        ("<script>alert(1)</script>a < b", "a < b"),
        ("", ""),
    ],
)
def test_where_only_the_copy_has_words_they_are_the_text(html: str, expected: str) -> None:
    heard = message(" ", {"contentType": "text/html", "content": html})

    assert (heard.text, heard.attachments) == (expected, [])


@pytest.mark.parametrize("content", [None, 5, {"a": 1}])
def test_a_copy_of_an_odd_form_is_nothing(content: Any) -> None:
    assert message("", {"contentType": "text/html", "content": content}).text == ""
