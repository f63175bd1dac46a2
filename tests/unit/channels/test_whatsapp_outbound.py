"""How a reply looks on WhatsApp: text, choices, files, and what of cards and sources is left."""

from typing import Any

import pytest

from shared.activity import Activity, ConversationReference
from shared.channels.whatsapp.outbound import body, split
from shared.errors import PermanentError
from shared.turn import Button

ANNA = ConversationReference("helpdesk", "whatsapp", "NL.1", user="31655501001", account="1")
GROUP = ConversationReference("helpdesk", "whatsapp", "Z3JvdXA", is_group=True, account="1")


def message(text: str = "", **fields: Any) -> Activity:
    return Activity(type="message", id="effect-1", text=text, **fields)


def offering(*choices: Button | str, text: str = "Which one?", **fields: Any) -> Activity:
    buttons = [Button(choice) if isinstance(choice, str) else choice for choice in choices]
    actions = [button.to_action() for button in buttons]
    return message(text, suggestedActions={"actions": actions}, **fields)


def bodies(activity: Activity, reference: ConversationReference = ANNA) -> list[dict[str, Any]]:
    return [body(part, reference) for part in split(activity)]


def only(activity: Activity, reference: ConversationReference = ANNA) -> dict[str, Any]:
    [one] = bodies(activity, reference)
    return one


def card(content: dict[str, Any], kind: str = "adaptive") -> dict[str, Any]:
    return {"contentType": f"application/vnd.microsoft.card.{kind}", "content": content}


def file(media_type: str, url: str = "https://files.example/a", **fields: str) -> dict[str, Any]:
    return {"contentType": media_type, "contentUrl": url, **fields}


# --- text --------------------------------------------------------------------------------------


def test_a_text_is_a_text_message() -> None:
    assert only(message("**hello**")) == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": "31655501001",
        "type": "text",
        "text": {"body": "*hello*"},
        "biz_opaque_callback_data": "fabric NL.1 effect-1",
    }


@pytest.mark.parametrize("text_format", ["plain", "xml"])
def test_what_is_no_markdown_is_sent_as_it_is(text_format: str) -> None:
    assert only(message("2**3**4", textFormat=text_format))["text"]["body"] == "2**3**4"


@pytest.mark.parametrize("text", ["", " \n"])
def test_nothing_is_never_sent(text: str) -> None:
    with pytest.raises(PermanentError) as error:
        bodies(message(text))

    assert error.value.reason == "nothing_to_send"


# --- choices -----------------------------------------------------------------------------------


def test_up_to_three_choices_are_buttons() -> None:
    interactive = only(offering(Button("Yes", "/yes"), "No"))["interactive"]

    assert interactive == {
        "type": "button",
        "body": {"text": "Which one?"},
        "action": {
            "buttons": [
                {"type": "reply", "reply": {"id": "/yes", "title": "Yes"}},
                {"type": "reply", "reply": {"id": "No", "title": "No"}},
            ]
        },
    }


def test_four_to_ten_choices_are_a_list() -> None:
    long = "Something with a title of more than 24 characters"
    interactive = only(offering("a", "b", "c", Button(long, "/d")))["interactive"]

    [section] = interactive["action"]["sections"]
    assert interactive["type"] == "list"
    assert len(interactive["action"]["button"]) <= 20
    assert section["rows"][0] == {"id": "a", "title": "a"}
    assert section["rows"][3] == {
        "id": "/d",
        "title": "Something with a title…",
        "description": long,
    }


def test_more_than_ten_choices_are_numbered_text() -> None:
    sent = only(offering(*[f"choice {n}" for n in range(11)]))

    assert sent["type"] == "text"
    assert sent["text"]["body"].startswith("Which one?\n\n1. choice 0\n2. choice 1\n")
    assert sent["text"]["body"].endswith("11. choice 10")


@pytest.mark.parametrize("count", [3, 10])
def test_titles_that_are_cut_to_the_same_stay_apart(count: int) -> None:
    choices = [Button(f"The very same beginning of title {n}", f"/{n}") for n in range(count)]
    action = only(offering(*choices))["interactive"]["action"]

    if count == 3:
        titles = [button["reply"]["title"] for button in action["buttons"]]
    else:
        titles = [row["title"] for row in action["sections"][0]["rows"]]
    assert len(set(titles)) == count
    assert max(map(len, titles)) <= (20 if count == 3 else 24)


@pytest.mark.parametrize(("choices", "limit"), [(1, 256), (4, 200)])
def test_a_value_too_long_for_an_id_gives_way_to_the_title(choices: int, limit: int) -> None:
    others = [f"choice {n}" for n in range(choices - 1)]

    def first_id(value: str) -> str:
        action = only(offering(Button("Say it", value), *others))["interactive"]["action"]
        first = action["buttons"][0]["reply"] if choices == 1 else action["sections"][0]["rows"][0]
        return str(first["id"])

    assert first_id("x" * limit) == "x" * limit
    assert first_id("x" * (limit + 1)) == "Say it"


def test_choices_that_say_the_same_are_one() -> None:
    action = only(offering("Yes", "No", Button("Sure", "Yes")))["interactive"]["action"]

    assert [button["reply"]["id"] for button in action["buttons"]] == ["Yes", "No"]


def test_choices_need_some_text_beside_them() -> None:
    assert only(offering("Yes", text=""))["interactive"]["body"]["text"].strip()


def test_a_long_question_goes_ahead_and_its_end_comes_with_the_choices() -> None:
    text = "A sentence of the text. " * 60

    first, last = bodies(offering("Yes", text=text))

    assert first["text"]["body"] + last["interactive"]["body"]["text"] == text
    assert len(last["interactive"]["body"]["text"]) <= 1024
    assert first["text"]["body"].endswith(". ")


def test_groups_have_no_buttons() -> None:
    sent = only(offering("Yes", "No"), GROUP)

    assert (sent["recipient_type"], sent["to"]) == ("group", "Z3JvdXA")
    assert sent["text"]["body"] == "Which one?\n\n1. Yes\n2. No"


def test_an_action_that_opens_a_page_is_a_link() -> None:
    action = {"type": "openUrl", "title": "Docs", "value": "https://x.example"}

    sent = only(message("Read this", suggestedActions={"actions": [action]}))

    assert sent["text"]["body"] == "Read this\n\nDocs: https://x.example"


# --- files -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("media_type", "kind"),
    [
        ("image/png", "image"),
        ("image/jpeg", "image"),
        ("image/gif", "document"),
        ("video/mp4", "video"),
        ("audio/ogg; codecs=opus", "audio"),
        ("application/pdf", "document"),
        ("", "document"),
    ],
)
def test_a_file_is_sent_by_its_link(media_type: str, kind: str) -> None:
    sent = only(message(attachments=[file(media_type)]))

    assert (sent["type"], sent[kind]) == (kind, {"link": "https://files.example/a"})


def test_a_document_keeps_its_name_and_a_short_text_is_its_caption() -> None:
    sent = only(message("*your* slip", attachments=[file("application/pdf", name="slip.pdf")]))

    assert sent["document"] == {
        "link": "https://files.example/a",
        "filename": "slip.pdf",
        "caption": "_your_ slip",
    }


def test_a_file_that_was_received_can_be_sent_on() -> None:
    received = file("image/png", "whatsapp:media/179")

    assert only(message(attachments=[received]))["image"] == {"id": "179"}


def test_files_come_before_a_text_that_is_no_caption() -> None:
    images = [file("image/png"), file("image/png", "https://files.example/b")]

    kinds = [sent["type"] for sent in bodies(offering("Yes", attachments=images))]

    assert kinds == ["image", "image", "interactive"]
    assert [sent["type"] for sent in bodies(message("hm", attachments=[file("audio/aac")]))] == [
        "audio",
        "text",
    ]


@pytest.mark.parametrize("url", ["http://files.example/a", "data:image/png;base64,AA", "", 7])
def test_a_file_that_meta_cannot_fetch_is_left_by_its_name(url: Any) -> None:
    attachment = {"contentType": "image/png", "contentUrl": url, "name": "chart.png"}

    assert only(message("see", attachments=[attachment]))["text"]["body"] == "see\n\nchart.png"


# --- cards and sources -------------------------------------------------------------------------


def test_an_adaptive_card_is_read_out_and_its_actions_are_choices() -> None:
    content = {
        "type": "AdaptiveCard",
        "body": [
            {"type": "TextBlock", "text": "Ticket T-1007"},
            {
                "type": "ColumnSet",
                "columns": [{"type": "Column", "items": [{"type": "TextBlock", "text": "Open"}]}],
            },
            {"type": "FactSet", "facts": [{"title": "Owner", "value": "Anna"}]},
            {"type": "RichTextBlock", "inlines": ["Due ", {"type": "TextRun", "text": "today"}]},
            {
                "type": "ActionSet",
                "actions": [{"type": "Action.Submit", "title": "Close", "data": {"id": 7}}],
            },
        ],
        "actions": [
            {
                "type": "Action.Submit",
                "title": "Assign",
                "data": {"msteams": {"type": "imBack", "value": "/assign"}},
            },
            {"type": "Action.OpenUrl", "title": "Show", "url": "https://x.example/t"},
        ],
    }

    sent = only(message("Here it is", attachments=[card(content)]))["interactive"]

    assert sent["body"]["text"] == (
        "Here it is\n\nTicket T-1007\nOpen\nOwner: Anna\nDue today\n\nShow: https://x.example/t"
    )
    assert [button["reply"] for button in sent["action"]["buttons"]] == [
        {"id": "Close", "title": "Close"},
        {"id": "/assign", "title": "Assign"},
    ]


def test_a_hero_card_is_read_out_too() -> None:
    content = {"title": "T", "subtitle": "S", "text": "X", "buttons": [{"title": "B"}]}

    sent = only(message(attachments=[card(content, "hero")]))["interactive"]

    assert sent["body"]["text"] == "T\nS\nX"
    assert sent["action"]["buttons"][0]["reply"]["id"] == "B"


@pytest.mark.parametrize("content", [None, 7, "{", [], {"body": "x"}, {"body": [1, None, {}]}])
def test_a_card_that_is_none_is_left_out(content: Any) -> None:
    assert only(message("hi", attachments=[card(content)]))["text"]["body"] == "hi"


def cited() -> Activity:
    sources = [("Badges", {"url": "https://x.example/badges"}), ("Doors", {})]
    claims = [
        {"@type": "Claim", "position": n, "appearance": {"name": name, "abstract": "…", **url}}
        for n, (name, url) in enumerate(sources, start=1)
    ]
    entity = {"type": "https://schema.org/Message", "@type": "Message", "citation": claims}
    return message("Ask the desk [1].", entities=[entity])


def test_sources_are_footnotes() -> None:
    assert only(cited())["text"]["body"] == (
        "Ask the desk [1].\n\n[1] Badges https://x.example/badges\n[2] Doors"
    )


# --- parts -------------------------------------------------------------------------------------

WHOLE = [
    message("short"),
    message(""),
    message("word " * 2000),
    offering("Yes", text="A sentence. " * 400),
    offering(*[f"choice {n}" for n in range(12)]),
    offering("Yes", attachments=[file("image/png"), file("audio/aac")]),
    message("caption", attachments=[file("image/png")]),
    message("too long a caption " * 80, attachments=[file("image/png")]),
    message("x", attachments=[card({"body": [{"text": "y"}], "actions": [{"title": "Z"}]})]),
    cited(),
]


@pytest.mark.parametrize("whole", WHOLE)
def test_a_part_is_never_split_again(whole: Activity) -> None:
    for part in split(whole):
        assert split(part) == [part]


@pytest.mark.parametrize("whole", WHOLE)
def test_splitting_leaves_the_activity_as_it_was(whole: Activity) -> None:
    before = repr(whole)

    split(whole)

    assert repr(whole) == before


def test_what_is_no_message_is_not_split() -> None:
    typing = Activity(type="typing")

    assert split(typing) == [typing]


@pytest.mark.parametrize(
    ("link", "name"),
    [
        ("https://files.example/a/report.pdf?sig=1#p", "report.pdf"),
        ("https://files.example/J%C3%A4nner%20plan.xlsx", "J\u00e4nner plan.xlsx"),
        ("https://files.example/a%2Fb.pdf", None),
        ("https://files.example/download?id=7", None),
        ("https://files.example/", None),
        ("https://files.example", None),
        ("https://files.example/..", None),
    ],
)
def test_a_document_without_a_name_has_that_of_its_link(link: str, name: str | None) -> None:
    file = {"contentType": "application/pdf", "contentUrl": link}

    sent = body(Activity(type="message", attachments=[file]), ANNA)

    assert sent["document"].get("filename") == name


@pytest.mark.parametrize(
    "values",
    [["yes ", " no"], ["go", "go "], ["a\n", "b", "c", "d "], ["v" * 300 + "1", "v" * 300 + "2"]],
)
def test_ids_of_choices_have_no_space_around_and_differ(values: list[str]) -> None:
    actions = [{"type": "imBack", "title": "T" * 300, "value": value} for value in values]
    [part] = split(Activity(type="message", text="?", suggestedActions={"actions": actions}))

    action = body(part, ANNA)["interactive"]["action"]

    ids = [button["reply"]["id"] for button in action.get("buttons", ())] or [
        row["id"] for row in action["sections"][0]["rows"]
    ]
    assert ids == [id.strip() for id in ids]
    assert len(set(ids)) == len(ids)
    assert all(id for id in ids)
