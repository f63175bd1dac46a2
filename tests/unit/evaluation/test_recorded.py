"""Transcripts become exchanges, and two tellings of the same words are held against each other."""

from typing import Any

from evaluation.recorded import Conversation, Exchange, conversations, differences, newest
from shared.ports.store import Item


def said(partition: str, at: float, text: str, skill: str, *replies: str, **more: Any) -> Item:
    body = {"at": at, "type": "message", "text": text, "skill": skill, "replies": list(replies)}
    return Item(partition, f"said:{at}", {**body, **more}, "e")


def test_a_message_that_was_handed_on_is_one_exchange() -> None:
    [one, other] = conversations(
        [
            said("lab.web.1", 1, "vpn?", "router", handed_to="knowledge"),
            said("lab.web.1", 2, "vpn?", "knowledge", "Open it."),
            said("lab.web.1", 3, "", "tickets", "a card was pressed"),
            said("lab.web.1", 4, "x", "router", type="conversationUpdate"),
            said("hr.api.9", 4, "what a program says", "echo", "echo"),
            said("hr.web.2", 5, "leave?", "router", "Ask.", ""),
        ]
    )
    assert (one.key, one.bot) == ("lab.web.1", "lab")
    assert one.exchanges == [Exchange("vpn?", ("router", "knowledge"), ("Open it.",), 2.0)]
    assert other.exchanges == [Exchange("leave?", ("router",), ("Ask.",), 5.0)]


def conversation(key: str, *exchanges: Exchange) -> Conversation:
    return Conversation(key, "lab", list(exchanges))


def test_the_newest_messages_bring_their_whole_conversations() -> None:
    old = conversation("old", Exchange("a", (), (), 1))
    middle = conversation("middle", Exchange("b", (), (), 0), Exchange("c", (), (), 5))
    new = conversation("new", Exchange("d", (), (), 9))
    assert newest([old, middle, new], 2) == [middle, new]
    assert newest([old, middle, new], 1) == [new]


def test_what_is_another_each_time_is_no_difference() -> None:
    was = conversation("a", Exchange("x", ("tickets",), ("Ticket T-ABC2 at 9:15.",), 1))
    now = conversation("a", Exchange("x", ("tickets",), ("Ticket T-XYZ7 at 17:40.",), 1))
    assert list(differences(was, now)) == []


def test_another_route_another_text_and_silence_are_differences() -> None:
    was = conversation(
        "a",
        Exchange("x", ("router", "knowledge"), ("Yes.",), 1),
        Exchange("y", ("echo",), ("y",), 2),
    )
    now = conversation("a", Exchange("x", ("router", "tickets"), ("No.",), 1))
    found = [(one.number, one.what, one.was, one.now) for one in differences(was, now)]
    assert found == [
        (1, "route", "router > knowledge", "router > tickets"),
        (1, "text", "Yes.", "No."),
        (2, "route", "echo", ""),
        (2, "text", "y", ""),
    ]


def test_other_tools_and_other_effects_are_differences() -> None:
    done = {"tools": ["lookup"], "effects": ["ticket.created"]}
    [was] = conversations([said("lab.web.1", 1, "x", "desk", "Done.", **done)])
    [now] = conversations([said("lab.web.1", 1, "x", "desk", "Done.", effects=["handoff"])])

    found = [(one.what, one.was, one.now) for one in differences(was, now)]

    assert found == [("tools", "lookup", ""), ("effects", "ticket.created", "handoff")]
