"""Asks for a person; from then on the bot is silent, until somebody brings it back.

State: `offered`, what was said, while a person is offered; `waiting`, the request, while it is
open. The floor stays here, so that nothing else hears what is meant for the colleague.
"""

import base64
import re

from functions.triggers import skill_blueprint
from shared.dialogue.forms.draft import person_of
from shared.dialogue.forms.manner import agrees, asks
from shared.dialogue.phrases import phrase
from shared.event import event_id
from shared.records.waiting import Waiting
from shared.skill import Skill
from shared.text.hours import OpeningHours
from shared.text.words import words
from shared.turn import Button, Turn

skill = Skill(
    "handoff",
    "Brings in a person to talk to",
    capabilities=[
        "talk to a person",
        "speak to a human",
        "chat with a real agent",
        "complain to somebody",
        "ask for a colleague",
        "call me back",
    ],
    examples=[
        "I want to talk to a person",
        "Can I speak to a human?",
        "Put me through to an agent",
        "Get me a real person please",
        "I want to make a complaint",
        "Please let somebody call me back",
        "You are no help, give me a human",
        "Is there somebody I can talk to?",
    ],
)

WAKE_WORDS = frozenset({"bot", "the bot", "back", "zuruck", "retour", "terug"})
LONGEST = 500
LONGEST_WAKE = 8
"""Words of a message by which somebody may call the bot back."""

_WAKES = (
    r"\b(?:back|resume|return|changed? my mind|never ?mind|want|again|zuruck|wieder|doch|retour"
    r"|reviens|reprendre"
    r"|volver|vuelve|vuelva|volta|voltar|torna|tornare|terug)\b"
)
_STATUS = (
    r"anybody|anyone|someone there|are you there|still there|how long|hello|hallo|jemand da"
    r"|noch da|wie lange"
    r"|quelqu ?un|combien de temps|alguien|cuanto tiempo|alguem|quanto tempo|qualcuno"
    r"|quanto tempo|iemand|hoe lang"
)
_PERSON = re.compile(
    r"\b(talk|speak|chat|connect|reach|contact|get|give|want|need|put|transfer|ask for)\b.{0,40}"
    r"\b(person|people|human|humans|agent|colleague|operator|representative|somebody|someone"
    r"|staff|mensch|mitarbeiter|humano|humain)\b"
    r"|\b(complaint|complain|call (?:me )?back)\b"
)
"""Asking for somebody, not just speaking of them: "my colleague left" is a question."""


@skill.on_message
async def ask(turn: Turn) -> None:
    if waiting := _waiting(turn):
        wait_on(turn, waiting)
    elif _wakes(turn.text):
        _say(turn, "here")
    elif "offered" in turn.state:
        decide(turn)
    elif turn.text.lstrip().startswith("/") or _PERSON.search(" ".join(words(turn.text))):
        request(turn, turn.text)
    else:
        offer(turn)


@skill.on_event("handoff.closed")
async def closed(turn: Turn) -> None:
    """Only what closes the request that is open: an older one changes nothing."""
    meant = turn.event.subject or turn.data.get("id")
    waiting = _waiting(turn)
    if waiting is None or (meant and meant != waiting.id):
        return
    wake(turn)
    _say(turn, "nobody" if turn.data.get("why") == "nobody" else "closed")
    turn.replies[-1]["fabricWaiting"] = False


def wait_on(turn: Turn, waiting: Waiting) -> None:
    """A message while somebody waits: for the bot, about the waiting, or for the colleague."""
    if _wakes(turn.text):
        resume(turn, waiting)
        return
    if turn.text.strip():
        keep(turn, waiting.heard("person", turn.text.strip(), turn.now))
    if _asks_how_long(turn.text):
        tell_status(turn, waiting)


def tell_status(turn: Turn, waiting: Waiting) -> None:
    turn.break_silence()
    if waiting.is_answered:
        _say(turn, "status-answered")
        return
    minutes = max(0, int((turn.now - waiting.since) // 60))
    said = phrase(turn.language, "handoff.status", request=waiting.id, minutes=minutes)
    turn.reply(" ".join([said, *_desk(turn)]), buttons=[_back_button(turn)])


def offer(turn: Turn) -> None:
    """Silence is a lot to give for a guess: without the word for it, a person is offered first."""
    turn.state["offered"] = turn.text.strip()[:LONGEST]
    turn.hold_floor()
    buttons = [phrase(turn.language, f"form.{name}-button") for name in ("yes", "no")]
    turn.reply(phrase(turn.language, "handoff.offer"), buttons=buttons)


def decide(turn: Turn) -> None:
    """Yes or no to the offer; anything else is none of it, and goes where it would have gone."""
    said = turn.state.pop("offered")
    turn.release_floor()
    match agrees(turn.text):
        case True:
            request(turn, said)
        case False:
            _say(turn, "declined")
        case None if turn.bot.default_skill != turn.skill.name:
            turn.hand_off(turn.bot.default_skill)
        case None:
            request(turn, f"{said} {turn.text}")


def request(turn: Turn, said: str) -> None:
    """Note who waits, tell what will really happen, and fall silent."""
    command, _, rest = said.strip().partition(" ")
    reason = (rest.strip() if command.startswith("/") else said.strip())[:LONGEST]
    digest = bytes.fromhex(event_id("handoff", turn.event.conversation, turn.event.work_id))
    id = f"H-{base64.b32encode(digest).decode()[:8]}"
    desk, minutes = turn.bot.handoff, turn.bot.handoff.return_after_minutes
    keep(
        turn,
        Waiting(
            *(id, turn.bot.id, turn.skill.name, reason, turn.now, turn.now + minutes * 60),
            person=person_of(turn),
        ),
    )
    turn.emit("handoff.requested", {"id": id, "reason": reason, "bot": turn.bot.id}, subject=id)
    there = not desk.hours or OpeningHours.parse(desk.hours).is_open(turn.now)
    sentence = "handoff.asked" if there else "handoff.closed-now"
    names = {"request": id, "minutes": minutes, "hours": desk.hours}
    text = phrase(turn.language, sentence, **names)
    turn.reply(" ".join([text, *_desk(turn, hours=there)]), buttons=[_back_button(turn)])
    turn.replies[-1]["fabricWaiting"] = {
        "text": phrase(turn.language, "handoff.banner"),
        "button": phrase(turn.language, "handoff.back-button"),
    }
    turn.mute()
    turn.hold_floor()


def resume(turn: Turn, waiting: Waiting) -> None:
    wake(turn)
    data = {"id": waiting.id, "bot": turn.bot.id}
    turn.emit("handoff.withdrawn", data, subject=waiting.id)
    _say(turn, "back")
    turn.replies[-1]["fabricWaiting"] = False


def wake(turn: Turn) -> None:
    turn.state.clear()
    turn.wait_no_more()
    turn.unmute()
    turn.release_floor()


def keep(turn: Turn, waiting: Waiting) -> None:
    turn.state["waiting"] = waiting.to_dict()
    turn.wait_for_person(waiting)


def _waiting(turn: Turn) -> Waiting | None:
    kept = turn.state.get("waiting")
    return Waiting.of(kept) if isinstance(kept, dict) else None


def _desk(turn: Turn, *, hours: bool = True) -> list[str]:
    """When somebody is there, and where else to turn."""
    desk = turn.bot.handoff
    lines = (
        [phrase(turn.language, "handoff.hours", hours=desk.hours)] if hours and desk.hours else []
    )
    return (
        [*lines, phrase(turn.language, "handoff.phone", phone=desk.phone)] if desk.phone else lines
    )


def _back_button(turn: Turn) -> Button:
    return Button(phrase(turn.language, "handoff.back-button"), "/bot")


def _say(turn: Turn, id: str) -> None:
    turn.reply(phrase(turn.language, f"handoff.{id}"))


def _asks_how_long(text: str) -> bool:
    """Whether somebody asks after the colleague, in a few words."""
    said = words(text)
    about = re.search(_STATUS, " ".join(said)) is not None
    return about and len(said) <= LONGEST_WAKE and (asks(text) or len(said) > 1)


def _wakes(text: str) -> bool:
    """Whether the bot is called back: `bot`, `back to the bot`, `zurück zum Bot`."""
    said = words(text)
    plain = " ".join(said)
    if text.strip().casefold().startswith("/bot") or plain in WAKE_WORDS:
        return True
    called = "bot" in said and len(said) <= LONGEST_WAKE
    return called and re.search(_WAKES, plain) is not None


bp = skill_blueprint(skill)
