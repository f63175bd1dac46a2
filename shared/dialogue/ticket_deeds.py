"""What people do with the tickets they have: list them, add to one, cancel, resolve, reopen it.

Tickets live in the backend `tickets`, by the person they belong to.
"""

from collections.abc import Sequence

from shared.dialogue.forms.manner import cancels
from shared.dialogue.phrases import phrase
from shared.dialogue.ticket_wish import TICKET, Wish, said_of
from shared.event import event_id
from shared.records.ticket import CANCELLED, OPEN, RESOLVED, TICKETS, Ticket
from shared.turn import Button, Turn

LONGEST_NOTE = 500

SHOWN = 10
"""Tickets in one list, the newest."""


async def grant(turn: Turn, wish: Wish, text: str) -> None:
    """Do what somebody wants of their tickets: of the one they name, or the one they can mean."""
    mine, named = await _mine(turn), TICKET.search(text)
    if named:
        mine = [ticket for ticket in mine if ticket.id.startswith(named[0].upper())]
    if named and not mine:
        say(turn, "unknown", ticket=named[0].upper())
    elif wish is Wish.LIST:
        list_tickets(turn, mine)
    else:
        fitting = [ticket for ticket in mine if ticket.is_open != (wish is Wish.REOPEN)]
        if len(fitting) == 1 or (wish is Wish.REOPEN and fitting):
            await change(turn, wish, fitting[-1], text)
        elif fitting:
            commands = [Button(t.id, _command(turn, wish, t)) for t in fitting[-SHOWN:]]
            turn.reply(phrase(turn.language, "tickets.which"), buttons=commands)
        elif not mine:
            say(turn, "none-open")
        elif wish is Wish.REOPEN:
            say(turn, "is-open", ticket=mine[-1].id)
        else:
            offer_reopening(turn, mine[-1])


def offer_reopening(turn: Turn, ticket: Ticket) -> None:
    status = phrase(turn.language, f"tickets.status-{ticket.status}")
    button = Button(
        phrase(turn.language, "tickets.reopen-button"), _command(turn, Wish.REOPEN, ticket)
    )
    text = phrase(turn.language, "tickets.last-closed", ticket=ticket.id, status=status)
    turn.reply(text, buttons=[button])


async def change(turn: Turn, wish: Wish, ticket: Ticket, text: str) -> None:
    how = said_of(ticket.id, text)
    match wish:
        case Wish.ADD if not (note := how.strip(" :,.")) or note.casefold() == "please":
            turn.state["adding"] = ticket.id
            turn.hold_floor()
            say(turn, "add-what", ticket=ticket.id)
        case Wish.ADD:
            await add(turn, ticket.id, how.strip(" :,."))
        case Wish.REOPEN:
            await _set(turn, ticket, OPEN)
            turn.emit("ticket.reopened", {"id": ticket.id, "bot": turn.bot.id}, subject=ticket.id)
            say(turn, "reopened", ticket=ticket.id)
        case Wish.CANCEL:
            await _set(turn, ticket, CANCELLED)
            turn.emit("ticket.cancelled", {"id": ticket.id, "bot": turn.bot.id}, subject=ticket.id)
            say(turn, "cancelled", ticket=ticket.id)
        case Wish.RESOLVE:
            await _set(turn, ticket, RESOLVED)
            data = {"id": ticket.id, "bot": turn.bot.id, "resolution": how.strip()[:LONGEST_NOTE]}
            turn.emit("ticket.resolved", data, subject=ticket.id)
            say(turn, "resolved", ticket=ticket.id)


async def add(turn: Turn, id: str, text: str) -> None:
    """Add words, or the names of files, to a ticket of this person's."""
    files = [str(file.get("name") or "") for file in turn.activity.attachments]
    note = " ".join([text, *files]).strip()[:LONGEST_NOTE]
    if not note or cancels(note):
        turn.reply(phrase(turn.language, "dialogue.all-right"))
        return
    change = {"person": owner_of(turn), "note": note}
    await turn.backend(TICKETS).patch("/tickets/{id}", id=id, json=change)
    turn.emit("ticket.updated", {"id": id, "bot": turn.bot.id, "note": note}, subject=id)
    say(turn, "added", ticket=id)


def list_tickets(turn: Turn, tickets: Sequence[Ticket]) -> None:
    if not tickets:
        anew = Button(phrase(turn.language, "tickets.open-button"), f"/{turn.skill.name}")
        turn.reply(phrase(turn.language, "tickets.none"), buttons=[anew])
        return
    lines = [
        f"- **{t.id}** ({phrase(turn.language, f'tickets.status-{t.status}')}): {t.summary[:120]}"
        for t in tickets[-SHOWN:]
    ]
    turn.reply("\n".join([phrase(turn.language, "tickets.yours"), "", *lines]))


def _command(turn: Turn, wish: Wish, ticket: Ticket) -> str:
    """What a button sends that means one ticket."""
    return f"/{turn.skill.name} {wish.value} {ticket.id}"


async def _mine(turn: Turn) -> list[Ticket]:
    """This person's tickets with this bot, the oldest first."""
    query = {"person": owner_of(turn), "bot": turn.bot.id}
    answer = await turn.backend(TICKETS).get("/tickets", query=query)
    return [Ticket.of(body) for body in (answer or {}).get("tickets", [])]


async def _set(turn: Turn, ticket: Ticket, status: str) -> None:
    body = {"person": ticket.person, "status": status}
    await turn.backend(TICKETS).patch("/tickets/{id}", id=ticket.id, json=body)


def say(turn: Turn, id: str, **names: object) -> None:
    turn.reply(phrase(turn.language, f"tickets.{id}", **names))


def owner_of(turn: Turn) -> str:
    """Who a ticket belongs to: the same in every conversation on a channel, and no name."""
    sender = turn.activity.sender
    who = str(sender.get("aadObjectId") or sender.get("id") or turn.reference.user)
    return event_id("person", turn.reference.channel, turn.reference.tenant, who)[:24]
