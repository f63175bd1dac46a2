"""Filing a ticket by a short form; listing, adding to, cancelling and reopening those of a person.

Tickets live in the backend `tickets` and belong to a person, who finds them from every
conversation. State: the form's draft, `adding`, the ticket that the next message is added to,
and `whose`, by ticket, so that news from outside reaches the right one.
"""

import base64
from typing import Any

from shared.dialogue import Answers
from shared.dialogue.forms.draft import person_of
from shared.dialogue.forms.manner import agrees, resumes
from shared.dialogue.forms.reading import Answer, Locale
from shared.dialogue.phrases import phrase
from shared.dialogue.ticket_deeds import LONGEST_NOTE, add, grant, owner_of, say
from shared.dialogue.ticket_form import FORM, SUMMARY, URGENCY, understand
from shared.dialogue.ticket_opening import opening_of
from shared.dialogue.ticket_wish import wish_of
from shared.event import event_id
from shared.records.ticket import RESOLVED, TICKETS, Ticket
from shared.turn import Turn

REMEMBERED = 50
"""Tickets whose owner one conversation remembers, the newest."""

MAX_NEXT = 5
"""Tickets that are filed one after the other, of those wanted at once."""


async def talk(turn: Turn) -> None:
    command, text = _split(turn.text)
    is_open = FORM.is_open(turn)
    if turn.value is not None and not text:
        await file(turn, _clicked(turn, turn.value))
    elif adding := turn.state.pop("adding", ""):
        turn.release_floor()
        await add(turn, adding, text)
    elif not is_open and "next" in turn.state and turn.floor == turn.skill.name:
        await take_next(turn, command, text)
    elif wish := wish_of(command, text, in_form=is_open, filed="whose" in turn.state):
        await grant(turn, wish, text)
        if is_open:
            FORM.ask(turn)
    elif is_open and not text and _leads_here(turn, command):
        FORM.ask(turn)
    elif is_open and not (command and text):
        await file(turn, FORM.hear(turn, text or command.removeprefix("/")))
    elif turn.floor == turn.skill.name and turn.event.hops == 0 and not command:
        FORM.hear(turn, text)  # the floor is somebody else's form, in a group
    else:
        await begin(turn, text)


def go_on(turn: Turn) -> None:
    """Ask again once the bot has answered a question in between."""
    FORM.go_on(turn)


async def card_action(turn: Turn) -> dict[str, Any]:
    """A click on a card; the verbs are `confirm` and `cancel`."""
    action = turn.value.get("action") if isinstance(turn.value, dict) else None
    if not isinstance(action, dict):
        return _card_error("BadRequest", "The invoke has no value.action.")
    if action.get("type") != "Action.Execute" or not isinstance(action.get("verb"), str):
        return _card_error("NotSupported", "Only Action.Execute with a verb is supported.")
    await file(turn, _clicked(turn, {"action": action["verb"]}))
    return {
        "statusCode": 200,
        "type": "application/vnd.microsoft.activity.message",
        "value": turn.replies.pop().text,
    }


async def resolved(turn: Turn) -> None:
    """News from the service desk; what a person closed here is known already."""
    ticket = turn.event.subject
    if person := turn.state.get("whose", {}).get(ticket):
        change = {"person": person, "status": RESOLVED}
        await turn.backend(TICKETS).patch("/tickets/{id}", id=ticket, json=change)


def _clicked(turn: Turn, value: Any) -> Answers | None:
    """A button is worth no more than the words it stands for; a card of the form says which."""
    action = value.get("action") if isinstance(value, dict) else None
    words = {"confirm": "yes", "cancel": "cancel"}
    if isinstance(value, dict) and "form" in value:
        return FORM.hear(turn)
    if not (FORM.has_draft(turn) and isinstance(action, str) and action in words):
        turn.reply(phrase(turn.language, "form.stale"))
        return None
    if action == "confirm" and any(slot.name not in FORM.answers(turn) for slot in FORM.slots):
        FORM.ask(turn)
        return None
    turn.hold_floor()
    return FORM.hear(turn, words[action])


async def begin(turn: Turn, text: str) -> None:
    """Open the form with what was said already; a draft goes on when nothing new was said."""
    opening = opening_of(text)
    read = SUMMARY.kind.read(opening.said, Locale.of(turn))
    if FORM.has_draft(turn) and (resumes(text) or not isinstance(read, Answer)):
        turn.reply(phrase(turn.language, "tickets.resume"))
        FORM.ask(turn)
        return
    answers: Answers = {}
    if isinstance(read, Answer):
        answers = await understand(turn, str(read.value))
        turn.reply(phrase(turn.language, "tickets.opening"))
    if opening.more:
        turn.state["next"] = [said[:LONGEST_NOTE] for said in opening.more[:MAX_NEXT]]
        say(turn, "one-at-a-time", first=opening.said[:80])
    FORM.open(turn, answers)


async def file(turn: Turn, answers: Answers | None) -> None:
    """The id is the same for every attempt at this turn, so a retry files no second ticket."""
    if answers is None:
        return
    digest = bytes.fromhex(event_id("ticket", turn.event.conversation, turn.event.work_id))
    id = f"T-{base64.b32encode(digest).decode()[:8]}"
    ticket = Ticket(
        id, owner_of(turn), turn.bot.id, filed=turn.now, mark=person_of(turn), **answers
    )
    filed = await turn.backend(TICKETS).post("/tickets", json=ticket.to_dict())
    number = str(filed.get("id") or id)
    turn.emit("ticket.created", {"id": number, "bot": turn.bot.id, **answers}, subject=number)
    whose = {**turn.state.get("whose", {}), number: ticket.person}
    turn.state["whose"] = dict(list(whose.items())[-REMEMBERED:])
    urgency = URGENCY.kind.shown(answers["urgency"], turn.language)
    turn.reply(phrase(turn.language, "tickets.filed", ticket=number, urgency=urgency))
    offer_next(turn)


def offer_next(turn: Turn) -> None:
    """Ask for the next of the tickets that somebody wanted at once."""
    if waiting := turn.state.get("next"):
        turn.hold_floor()
        buttons = [phrase(turn.language, f"form.{name}-button") for name in ("yes", "no")]
        turn.reply(phrase(turn.language, "tickets.next", next=waiting[0][:80]), buttons=buttons)


async def take_next(turn: Turn, command: str, text: str) -> None:
    """Open the next ticket on a yes; anything else is heard as if it had not been offered."""
    said, *more = turn.state.pop("next")
    turn.release_floor()
    match agrees(text):
        case True:
            await begin(turn, said)
            turn.state |= {"next": more} if more else {}
        case False:
            turn.reply(phrase(turn.language, "dialogue.all-right"))
        case None if command or turn.bot.default_skill == turn.skill.name:
            await begin(turn, text)
        case None:
            turn.hand_off(turn.bot.default_skill)


def _leads_here(turn: Turn, command: str) -> bool:
    """Whether a command is one that opens a ticket, and no answer with a slash before it."""
    return command == f"/{turn.skill.name}" or turn.bot.routes.get(command) == turn.skill.name


def _split(said: str) -> tuple[str, str]:
    """The command, in small letters, and the rest."""
    if not said.lstrip().startswith("/"):
        return "", said.strip()
    command, *rest = said.split(maxsplit=1)
    return command.casefold(), rest[0].strip() if rest else ""


def _card_error(code: str, message: str) -> dict[str, Any]:
    return {
        "statusCode": 400,
        "type": "application/vnd.microsoft.error",
        "value": {"code": code, "message": message},
    }
