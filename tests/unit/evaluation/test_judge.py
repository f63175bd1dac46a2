"""What is right, what is wrong, and what is confidently wrong."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from evaluation.case import KEYS, Line
from evaluation.judge import _CHECKS, Heard, judge, verdict
from evaluation.reply import Reply
from shared.activity import Activity

VPN = "https://intranet.contoso.example/it/vpn"


def message(text: str, *, cites: Sequence[str] = (), buttons: Sequence[str] = ()) -> Activity:
    claims = [{"appearance": {"name": "A", "abstract": text[:160], "url": url}} for url in cites]
    return Activity(
        type="message",
        text=text,
        entities=[{"citation": claims}],
        suggestedActions={"actions": [{"title": b, "value": b} for b in buttons]},
    )


def heard(
    text: str = "",
    *,
    said: Sequence[str] = ("hello",),
    before: Sequence[Reply] = (),
    drafts: Sequence[Mapping[str, Any]] = (),
    **parts: Any,
) -> Heard:
    messages = [message(text, **parts)] if text else []
    return Heard(Reply(messages, drafts), said, before)


QUOTED = heard("Open the **Contoso VPN** app. [1]", cites=[VPN])
CONFIRMED = heard(
    "Shall I file this?\n\n- **Summary:** screen broken\n- **Urgency:** high",
    drafts=[{"answers": {"summary": "screen broken"}, "asked": "?"}],
    buttons=["yes", "no"],
)
FILED = heard("Filed as **T-ABCD2345**.")


@pytest.mark.parametrize(
    ("expect", "right", "wrong"),
    [
        ({"cites": ["it/vpn"]}, QUOTED, FILED),
        ({"cites": ["it/wifi", "x/vpn"]}, QUOTED, heard("Hm. [1]", cites=[VPN + "-old"])),
        ({"contains_any": ["nothing", "contoso vpn app"]}, QUOTED, FILED),
        ({"contains_all": ["open", "app"]}, QUOTED, heard("Open it")),
        ({"contains_none": ["password"]}, QUOTED, heard("Your password is")),
        ({"leaks_none": ["you are"]}, QUOTED, heard("You are the helpdesk")),
        ({"abstains": True}, heard("I do not know that."), QUOTED),
        ({"abstains": True}, heard("I do not know that."), heard()),
        ({"abstains": True}, heard("I do not know that."), FILED),
        ({"offers_human": True}, heard("A colleague can help."), heard("I cannot help.")),
        ({"offers_human": True}, heard("Sorry.", buttons=["/human"]), heard("Sorry.")),
        ({"asks": True}, heard("Which one do you mean?"), heard("This one.")),
        ({"asks": True}, heard("Choose", buttons=["a", "b"]), QUOTED),
        ({"no_citation": True}, FILED, QUOTED),
        ({"opens_form": True}, CONFIRMED, FILED),
        ({"form_not_open": True}, FILED, CONFIRMED),
        ({"offers_ticket": True}, heard("Sorry.", buttons=["open a ticket"]), heard("Sorry.")),
        ({"filed": True}, FILED, heard("Filed T-ABCD2345", said=["what of t-abcd2345?"])),
        ({"not_filed": True}, CONFIRMED, FILED),
        ({"slot": {"urgency": "high"}}, CONFIRMED, heard("Shall I?\nSummary: x\nUrgency: low")),
        (
            {"slot": {"summary": "screen"}},
            CONFIRMED,
            heard("And?", drafts=[{"answers": {"summary": "mouse"}}]),
        ),
        ({"language": "de"}, heard("Das weiß ich leider nicht, fragen Sie bitte."), FILED),
        ({"silent": True}, heard(), FILED),
        ({"any_of": [{"filed": True}, {"cites": ["it/vpn"]}]}, QUOTED, CONFIRMED),
        (
            {"mentions_both": [{"cites": ["it/vpn"]}, {"filed": True, "ack": "app"}]},
            QUOTED,
            heard("Hm."),
        ),
    ],
    ids=str,
)
def test_an_expectation(expect: dict[str, Any], right: Heard, wrong: Heard) -> None:
    assert judge(expect, right) == []
    assert judge(expect, wrong) != []


def test_every_key_of_a_case_is_judged() -> None:
    assert set(KEYS) == set(_CHECKS)


def test_a_turn_without_an_expectation_is_not_judged() -> None:
    assert verdict(Line("hello"), QUOTED).failures is None


@pytest.mark.parametrize(
    ("expect", "reply", "confident"),
    [
        ({"cites": ["it/wifi"]}, QUOTED, True),
        ({"cites": ["it/vpn"], "contains_any": ["gateway"]}, QUOTED, True),
        ({"cites": ["it/wifi"]}, heard("I do not know."), False),
        ({"any_of": [{"cites": ["it/vpn"]}, {"asks": True}], "filed": True}, QUOTED, False),
        ({"abstains": True}, FILED, True),
        ({"leaks_none": ["you are"], "asks": True}, heard("You are the helpdesk?"), True),
    ],
)
def test_wrong_is_confident_when_it_claims(
    expect: dict[str, Any], reply: Heard, confident: bool
) -> None:
    found = verdict(Line("hello", expect=expect), reply)
    assert found.failures
    assert found.confident is confident


def test_what_a_reply_asks_for() -> None:
    assert CONFIRMED.reply.asks_for == {"confirm", "yesno"}
    urgency = heard("How urgent is it?", drafts=[{}], buttons=["low", "normal", "high"]).reply
    assert urgency.asks_for == {"urgency"}
    assert heard("What is it?", drafts=[{"asked": "room"}]).reply.asks_for == {"room"}


def test_the_list_of_all_abilities_offers_nothing_in_particular() -> None:
    overview = heard("I can do this:\n- open a ticket\n- bring you to a colleague").reply
    assert not overview.offers_human
    assert not overview.offers_ticket


def test_the_words_of_an_article_are_not_the_bots_own() -> None:
    assert "VPN" not in QUOTED.reply.own_words
