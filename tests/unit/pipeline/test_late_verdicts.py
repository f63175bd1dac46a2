"""What becomes of a late answer, as a table: what the bot declares, and what has happened since."""

from dataclasses import replace
from typing import Any

import pytest

from shared.activity import Activity, ConversationReference
from shared.bot import Bot
from shared.manifest.bots import bot_of
from shared.pipeline.outbox.lateness import IN_TIME, WINDOW, Verdict, verdict
from shared.records.conversation import Conversation
from shared.records.effect import Send

NOON = 1_800_000_000.0
MINUTE, DAY = 60.0, 86_400.0
WEB = ConversationReference("lab", "web", "one", user="ann")
WHATSAPP = replace(WEB, channel="whatsapp")
TEMPLATE = {"template": "news", "template_language": "en"}


def bot(late: dict[str, Any] | None = None, whatsapp: dict[str, Any] | None = None) -> Bot:
    return bot_of(
        {
            "id": "lab",
            "name": "Lab",
            "owner": "lab@contoso.example",
            "department": "Research",
            "skills": ["echo"],
            "default_skill": "echo",
            "late": late or {},
            "channels": {"whatsapp": {"phone_number_id": "1", **(whatsapp or {})}},
        }
    )


def talk(**more: Any) -> Conversation:
    return replace(Conversation(WEB), **more)


def answer(reference: ConversationReference = WEB, *, asked: float = NOON, **more: Any) -> Send:
    plain = Send(
        place="outbox:000000000001",
        id="a.0",
        owner="a",
        origin="a",
        made=NOON,
        asked=asked,
        reference=reference,
        activity=Activity(type="message", text="hello"),
        not_before=NOON,
    )
    return replace(plain, **more)


ON_WHATSAPP = answer(WHATSAPP)
SHUT = talk(spoke=NOON - WINDOW - 1)
LATER = NOON + 11 * MINUTE

CASES = {
    "nothing is known of the conversation": (bot(), None, answer(), LATER, IN_TIME),
    "nobody spoke since": (bot(), talk(spoke=NOON), answer(), LATER, IN_TIME),
    "the person moved on": (
        *(bot(), talk(spoke=NOON + 1), answer(), LATER),
        Verdict("moved_on", "prefix"),
    ),
    "moved on, but the answer is young": (
        *(bot(), talk(spoke=NOON + 1), answer(), NOON + 9 * MINUTE, IN_TIME),
    ),
    "moved on by what the bot calls late": (
        *(bot({"moved_on": "drop", "moved_on_minutes": 1}), talk(spoke=NOON + 1), answer()),
        *(NOON + 2 * MINUTE, Verdict("moved_on", "drop")),
    ),
    "news, which nobody asked for": (
        *(bot(), talk(spoke=NOON + 1), answer(asked=0.0), LATER, IN_TIME),
    ),
    "a person took over after the question": (
        *(bot(), talk(muted=True, muted_at=NOON + 1), answer(), LATER),
        Verdict("taken_over", "drop"),
    ),
    "a person took over before the question": (
        *(bot(), talk(muted=True, muted_at=NOON - 1), answer(), LATER, IN_TIME),
    ),
    "who took over has left": (
        *(bot(), talk(muted=False, muted_at=NOON + 1), answer(), LATER, IN_TIME),
    ),
    "WhatsApp's window is open": (bot(), talk(spoke=NOON), ON_WHATSAPP, NOON + MINUTE, IN_TIME),
    "it is shut, and there is no template": (
        *(bot(), SHUT, ON_WHATSAPP, NOON, Verdict("window", "park")),
    ),
    "it is shut, and there is one": (
        *(bot(whatsapp=TEMPLATE), SHUT, ON_WHATSAPP, NOON, Verdict("window", "template")),
    ),
    "the template has been sent already": (
        *(bot(whatsapp=TEMPLATE), SHUT, replace(ON_WHATSAPP, templated=True), NOON),
        Verdict("window", "park"),
    ),
    "it is shut, and the bot drops": (
        *(bot({"window": "drop"}), SHUT, ON_WHATSAPP, NOON, Verdict("window", "drop")),
    ),
    "only Meta knows that it is shut": (
        *(bot(), talk(spoke=NOON - 1), replace(ON_WHATSAPP, refused_at=NOON), NOON),
        Verdict("window", "park"),
    ),
    "the person wrote after Meta refused": (
        *(bot(), talk(spoke=NOON + 1), replace(ON_WHATSAPP, refused_at=NOON), NOON + 2, IN_TIME),
    ),
    "moved on and shut: the window decides": (
        *(bot(), talk(spoke=NOON + 1), ON_WHATSAPP, NOON + 2 * DAY),
        Verdict("window", "park"),
    ),
    "taken over and shut: silence decides": (
        *(bot(), talk(muted=True, muted_at=NOON + 1), ON_WHATSAPP, NOON + 2 * DAY),
        Verdict("taken_over", "drop"),
    ),
    "a template needs no window": (
        *(bot(), SHUT),
        replace(
            ON_WHATSAPP,
            activity=Activity(
                type="message", channelData={"whatsapp": {"template": {"name": "n"}}}
            ),
        ),
        *(NOON, IN_TIME),
    ),
}


@pytest.mark.parametrize(
    ("declared", "conversation", "effect", "now", "wanted"), CASES.values(), ids=CASES.keys()
)
def test_what_is_late_becomes_what_the_bot_declares(
    declared: Bot, conversation: Conversation | None, effect: Send, now: float, wanted: Verdict
) -> None:
    assert verdict(declared, conversation, effect, now) == wanted
