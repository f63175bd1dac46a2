"""Files a ticket by a short form, and lists, adds to, cancels and reopens the tickets of a person.

Tickets live in the backend `tickets` and belong to a person, who finds them from every
conversation. State: the form's draft, `adding`, the ticket that the next message is added to,
and `whose`, by ticket, so that news from outside reaches the right one.
"""

import base64
import re
from collections.abc import Sequence
from typing import Any

from functions.triggers import skill_blueprint
from shared.dialogue import Answers
from shared.dialogue.forms.draft import person_of
from shared.dialogue.forms.manner import cancels
from shared.dialogue.forms.reading import Answer, Locale
from shared.dialogue.phrases import phrase
from shared.dialogue.ticket_form import FORM, SUMMARY, URGENCY, understand
from shared.dialogue.ticket_wish import TICKET, Wish, wish_of
from shared.event import event_id
from shared.fabric import TICKETS
from shared.records.ticket import CANCELLED, OPEN, RESOLVED, Ticket
from shared.skill import Skill
from shared.turn import Button, Turn

skill = Skill(
    "tickets",
    "Files a ticket when something is broken, missing or needed, and lists your tickets",
    capabilities=[
        "create a ticket",
        "report a problem",
        "something is broken",
        "something does not work",
        "request equipment",
        "file an incident",
        "status of my tickets",
    ],
    examples=[
        "My laptop screen is flickering",
        "I want to open a ticket",
        "Please report a broken printer",
        "My keyboard does not work any more",
        "Open a case for me, please",
        "I need a new headset",
        "Can you log an incident for me?",
        "What is the status of my ticket?",
        "Please cancel my ticket",
        "Close the ticket, it works again",
        "Reopen my ticket",
        "I want to add something to my ticket",
    ],
)

REMEMBERED = 50
"""Tickets whose owner one conversation remembers, the newest."""

SHOWN = 10
"""Tickets in one list, the newest."""

LONGEST_NOTE = 500


_BEGINS = re.compile(
    r"(?:(?:hi|hello|hey)\b[\s,!.]*)?(?:(?:i|we)(?:'d| would)? (?:want|need|like|have) (?:to )?"
    r"|please |can you |could you |let me )*(?:open|create|file|log|report|make|raise|submit)?\s*"
    r"(?:an?|the|my)?\s*(?:new |it )?(?:ticket|incident|case|request)\b"
    r"(?:\s+(?:for me|please|about|that|because|for))*[\s:,.!?-]*",
    re.IGNORECASE,
)


FORM.returns_to(skill)


@skill.on_message
async def talk(turn: Turn) -> None:
    command, text = _split(turn.text)
    is_open = FORM.is_open(turn)
    if turn.value is not None and not text:
        await file(turn, _clicked(turn, turn.value))
    elif adding := turn.state.pop("adding", ""):
        turn.release_floor()
        await add(turn, adding, text)
    elif wish := wish_of(command, text, in_form=is_open):
        await grant(turn, wish, text)
        if is_open:
            FORM.ask(turn)
    elif is_open and not (command and text):
        await file(turn, FORM.hear(turn, text or command.removeprefix("/")))
    elif turn.floor == turn.skill.name and turn.event.hops == 0 and not command:
        FORM.hear(turn, text)  # the floor is somebody else's form, in a group
    else:
        await begin(turn, text)


@skill.on_invoke("adaptiveCard/action")
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


@skill.on_event("ticket.resolved")
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
    opening = _BEGINS.match(text)
    said = " ".join((text[opening.end() :] if opening else text).split())
    read = SUMMARY.kind.read(said, Locale.of(turn))
    if not isinstance(read, Answer) and FORM.has_draft(turn):
        turn.reply(phrase(turn.language, "tickets.resume"))
        FORM.ask(turn)
        return
    answers: Answers = {}
    if isinstance(read, Answer):
        answers = await understand(turn, str(read.value))
        turn.reply(phrase(turn.language, "tickets.opening"))
    FORM.open(turn, answers)


async def file(turn: Turn, answers: Answers | None) -> None:
    """The id is the same for every attempt at this turn, so a retry files no second ticket."""
    if answers is None:
        return
    digest = bytes.fromhex(event_id("ticket", turn.event.conversation, turn.event.work_id))
    id = f"T-{base64.b32encode(digest).decode()[:8]}"
    ticket = Ticket(id, _person(turn), turn.bot.id, filed=turn.now, mark=person_of(turn), **answers)
    filed = await turn.backend(TICKETS).post("/tickets", json=ticket.to_dict())
    number = str(filed.get("id") or id)
    turn.emit("ticket.created", {"id": number, "bot": turn.bot.id, **answers}, subject=number)
    whose = {**turn.state.get("whose", {}), number: ticket.person}
    turn.state["whose"] = dict(list(whose.items())[-REMEMBERED:])
    urgency = URGENCY.kind.shown(answers["urgency"], turn.language)
    turn.reply(phrase(turn.language, "tickets.filed", ticket=number, urgency=urgency))


async def grant(turn: Turn, wish: Wish, text: str) -> None:
    """Do what somebody wants of their tickets: of the one they name, or the one they can mean."""
    mine, named = await _mine(turn), TICKET.search(text)
    if named:
        mine = [ticket for ticket in mine if ticket.id.startswith(named[0].upper())]
    if named and not mine:
        _say(turn, "unknown", ticket=named[0].upper())
    elif wish is Wish.LIST:
        list_tickets(turn, mine)
    else:
        fitting = [ticket for ticket in mine if ticket.is_open != (wish is Wish.REOPEN)]
        if len(fitting) == 1 or (wish is Wish.REOPEN and fitting):
            await change(turn, wish, fitting[-1], text)
        elif fitting:
            commands = [Button(t.id, f"/ticket {wish.value} {t.id}") for t in fitting[-SHOWN:]]
            turn.reply(phrase(turn.language, "tickets.which"), buttons=commands)
        else:
            _say(turn, "none-open")


async def change(turn: Turn, wish: Wish, ticket: Ticket, text: str) -> None:
    how = text.partition(ticket.id)[2] or text.partition(ticket.id.lower())[2]
    match wish:
        case Wish.ADD if not (note := how.strip(" :,.")) or note.casefold() == "please":
            turn.state["adding"] = ticket.id
            turn.hold_floor()
            _say(turn, "add-what", ticket=ticket.id)
        case Wish.ADD:
            await add(turn, ticket.id, how.strip(" :,."))
        case Wish.REOPEN:
            await _set(turn, ticket, OPEN)
            turn.emit("ticket.reopened", {"id": ticket.id, "bot": turn.bot.id}, subject=ticket.id)
            _say(turn, "reopened", ticket=ticket.id)
        case Wish.CANCEL:
            await _set(turn, ticket, CANCELLED)
            turn.emit("ticket.cancelled", {"id": ticket.id, "bot": turn.bot.id}, subject=ticket.id)
            _say(turn, "cancelled", ticket=ticket.id)
        case Wish.RESOLVE:
            await _set(turn, ticket, RESOLVED)
            data = {"id": ticket.id, "bot": turn.bot.id, "resolution": how.strip()[:LONGEST_NOTE]}
            turn.emit("ticket.resolved", data, subject=ticket.id)
            _say(turn, "resolved", ticket=ticket.id)


async def add(turn: Turn, id: str, text: str) -> None:
    """Add words, or the names of files, to a ticket of this person's."""
    files = [str(file.get("name") or "") for file in turn.activity.attachments]
    note = " ".join([text, *files]).strip()[:LONGEST_NOTE]
    if not note or cancels(note):
        turn.reply(phrase(turn.language, "dialogue.all-right"))
        return
    change = {"person": _person(turn), "note": note}
    await turn.backend(TICKETS).patch("/tickets/{id}", id=id, json=change)
    turn.emit("ticket.updated", {"id": id, "bot": turn.bot.id, "note": note}, subject=id)
    _say(turn, "added", ticket=id)


def list_tickets(turn: Turn, tickets: Sequence[Ticket]) -> None:
    if not tickets:
        anew = Button(phrase(turn.language, "tickets.open-button"), "/ticket")
        turn.reply(phrase(turn.language, "tickets.none"), buttons=[anew])
        return
    lines = [
        f"- **{t.id}** ({phrase(turn.language, f'tickets.status-{t.status}')}): {t.summary[:120]}"
        for t in tickets[-SHOWN:]
    ]
    turn.reply("\n".join([phrase(turn.language, "tickets.yours"), "", *lines]))


async def _mine(turn: Turn) -> list[Ticket]:
    """This person's tickets with this bot, the oldest first."""
    query = {"person": _person(turn), "bot": turn.bot.id}
    answer = await turn.backend(TICKETS).get("/tickets", query=query)
    return [Ticket.of(body) for body in (answer or {}).get("tickets", [])]


async def _set(turn: Turn, ticket: Ticket, status: str) -> None:
    body = {"person": ticket.person, "status": status}
    await turn.backend(TICKETS).patch("/tickets/{id}", id=ticket.id, json=body)


def _say(turn: Turn, id: str, **names: object) -> None:
    turn.reply(phrase(turn.language, f"tickets.{id}", **names))


def _split(said: str) -> tuple[str, str]:
    """The command, in small letters, and the rest."""
    if not said.lstrip().startswith("/"):
        return "", said.strip()
    command, *rest = said.split(maxsplit=1)
    return command.casefold(), rest[0].strip() if rest else ""


def _person(turn: Turn) -> str:
    """Who a ticket belongs to: the same in every conversation on a channel, and no name."""
    sender = turn.activity.sender
    who = str(sender.get("aadObjectId") or sender.get("id") or turn.reference.user)
    return event_id("person", turn.reference.channel, turn.reference.tenant, who)[:24]


def _card_error(code: str, message: str) -> dict[str, Any]:
    return {
        "statusCode": 400,
        "type": "application/vnd.microsoft.error",
        "value": {"code": code, "message": message},
    }


bp = skill_blueprint(skill)
