"""Asks for a person; from then on the bot is silent, until somebody brings it back.

State: `offered`, what was said, while a person is offered; `id` and `reason` of the request while
it waits. The floor stays here, so that nothing else hears what is meant for the colleague.
"""

import base64
import re

from functions.triggers import skill_blueprint
from shared.dialogue.forms.manner import agrees
from shared.event import event_id
from shared.skill import Skill
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

WAKE_WORDS = frozenset({"bot", "resume bot", "back to bot", "back to the bot"})
LONGEST = 500

_PERSON = re.compile(
    r"\b(talk|speak|chat|connect|reach|contact|get|give|want|need|put|transfer|ask for)\b.{0,40}"
    r"\b(person|people|human|humans|agent|colleague|operator|representative|somebody|someone"
    r"|staff|mensch|mitarbeiter|humano|humain)\b"
    r"|\b(complaint|complain|call (?:me )?back)\b"
)
"""Asking for somebody, not just speaking of them: "my colleague left" is a question."""


@skill.on_message
async def ask(turn: Turn) -> None:
    if turn.muted:
        if _wakes(turn.text):
            resume(turn)
    elif _wakes(turn.text):
        turn.reply("I am here. What can I do for you?")
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
    if not turn.muted or (meant and meant != turn.state.get("id")):
        return
    wake(turn)
    turn.reply("My colleague has closed the conversation, so I am back. What else can I do?")


def offer(turn: Turn) -> None:
    """Silence is a lot to give for a guess: without the word for it, a person is offered first."""
    turn.state["offered"] = turn.text.strip()[:LONGEST]
    turn.hold_floor()
    turn.reply(
        "Shall I ask a colleague to take over? I would then be silent here.", buttons=["yes", "no"]
    )


def decide(turn: Turn) -> None:
    """Yes or no to the offer; anything else is none of it, and goes where it would have gone."""
    said = turn.state.pop("offered")
    turn.release_floor()
    match agrees(turn.text):
        case True:
            request(turn, said)
        case False:
            turn.reply("All right. What else can I do for you?")
        case None if turn.bot.default_skill != turn.skill.name:
            turn.hand_off(turn.bot.default_skill)
        case None:
            request(turn, f"{said} {turn.text}")


def request(turn: Turn, said: str) -> None:
    command, _, rest = said.strip().partition(" ")
    reason = rest.strip() if command.startswith("/") else said.strip()
    digest = bytes.fromhex(event_id("handoff", turn.event.conversation, turn.event.work_id))
    id = f"H-{base64.b32encode(digest).decode()[:8]}"
    turn.state.update(id=id, reason=reason[:LONGEST])
    turn.emit("handoff.requested", {**turn.state, "bot": turn.bot.id}, subject=id)
    turn.reply(
        "I have asked a colleague to take over; they will answer here. I am silent from now "
        "on. Write **/bot** if you want me back.",
        buttons=[Button("Back to the bot", "/bot")],
    )
    turn.mute()
    turn.hold_floor()


def resume(turn: Turn) -> None:
    id = turn.state.get("id")
    wake(turn)
    if id:
        turn.emit("handoff.withdrawn", {"id": id, "bot": turn.bot.id}, subject=id)
    turn.reply("I am back. What can I do for you?")


def wake(turn: Turn) -> None:
    turn.state.clear()
    turn.unmute()
    turn.release_floor()


def _wakes(text: str) -> bool:
    return text.strip().casefold().startswith("/bot") or " ".join(words(text)) in WAKE_WORDS


bp = skill_blueprint(skill)
