"""Keeps a person posted about their tickets, unasked, where they opened them.

State: `tickets`, by id, each `"open"`, `"resolved"`, or the text of a resolution that came
before the ticket itself did. Facts may come twice and in any order; each is told once.
"""

from functions.triggers import skill_blueprint
from shared.dialogue.phrases import phrase
from shared.skill import Skill
from shared.text.markdown import as_words
from shared.turn import Turn

skill = Skill(
    "notify",
    "Tells you when something happens to your ticket",
    capabilities=["news about my ticket", "keep me posted", "tell me when it is resolved"],
    examples=["Tell me when my ticket is done", "Keep me posted"],
)

OPEN, RESOLVED = "open", "resolved"
REMEMBERED = 100
"""Tickets that are kept in mind in one conversation, the newest."""

LONGEST = 500


@skill.on_event("ticket.created")
async def created(turn: Turn) -> None:
    ticket, tickets = _subject(turn), _tickets(turn)
    known = tickets.get(ticket)
    if not ticket or known in (OPEN, RESOLVED):
        return
    if known is None:
        tickets[ticket] = OPEN
        turn.reply(phrase(turn.language, "notify.kept", ticket=ticket))
    else:
        tickets[ticket] = RESOLVED
        turn.reply(known)


@skill.on_event("ticket.resolved")
async def resolved(turn: Turn) -> None:
    ticket, tickets = _subject(turn), _tickets(turn)
    if not ticket:
        return
    resolution = turn.data.get("resolution")
    words = " ".join(resolution.split())[:LONGEST] if isinstance(resolution, str) else ""
    said = as_words(words)
    news = (
        phrase(turn.language, "notify.resolved-how", ticket=ticket, how=said)
        if said
        else phrase(turn.language, "notify.resolved", ticket=ticket)
    )
    match tickets.get(ticket):
        case "open":
            tickets[ticket] = RESOLVED
            turn.reply(news)
        case None:
            tickets[ticket] = news


def _subject(turn: Turn) -> str:
    id = turn.data.get("id")
    return turn.event.subject or (id if isinstance(id, str) else "")


def _tickets(turn: Turn) -> dict[str, str]:
    kept: dict[str, str] = turn.state.get("tickets", {})
    turn.state["tickets"] = dict(list(kept.items())[-REMEMBERED:])
    return turn.state["tickets"]  # type: ignore[no-any-return]


bp = skill_blueprint(skill)
