"""Files a ticket: a short form that can be corrected, cancelled and taken up again after days.

State: `form`, the answers so far, and `tickets`, what was filed in this conversation.
"""

import base64
import re
from dataclasses import dataclass
from typing import Any, Literal

from functions.triggers import skill_blueprint
from shared.ai.fallback import FAILURES, fell_back
from shared.dialogue.form import Answers, Form
from shared.dialogue.slot import Slot
from shared.event import event_id
from shared.skill import Skill
from shared.turn import Turn

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
        "My monitor stays black",
        "The docking station does not charge",
        "There is no sound in my calls",
        "My mouse is broken",
        "The camera does not work in meetings",
        "I need a second monitor",
        "The app crashes when I start it",
        "Open a ticket: my device does not work",
        "Can you log an incident for me?",
        "What is the status of my ticket?",
    ],
)

CATEGORIES = {
    "hardware": (
        *("laptop", "notebook", "screen", "monitor", "keyboard", "mouse", "printer", "phone"),
        *("headset", "dock", "battery", "device", "camera"),
    ),
    "software": (
        *("app", "application", "program", "install", "crashes", "update", "outlook", "excel"),
        *("word", "browser", "licence", "license"),
    ),
    "access": (
        *("password", "login", "log in", "sign in", "permission", "account", "mfa", "vpn"),
        *("locked", "shared drive", "folder"),
    ),
    "order": ("delivery", "parcel", "package", "refund", "return", "invoice", "shipping"),
    "other": ("something else", "none of these", "else"),
}
URGENCIES = {
    "low": ("not urgent", "no hurry", "no rush", "whenever", "minor", "can wait"),
    "normal": ("medium", "usual", "standard", "average"),
    "high": ("urgent", "critical", "asap", "now", "cannot work", "can't work", "blocked"),
}
SUMMARY = Slot(
    "summary",
    "What is wrong, or what do you need? One or two sentences are enough.",
    "A few more words, please, so that a colleague can understand it.",
)
CATEGORY = Slot(
    "category",
    "What is it about?",
    f"I know {', '.join(CATEGORIES)}. A number will do as well.",
    CATEGORIES,
)
URGENCY = Slot(
    "urgency",
    "How urgent is it?",
    f"I know {', '.join(URGENCIES)}. A number will do as well.",
    URGENCIES,
)
FORM = Form(
    [SUMMARY, CATEGORY, URGENCY],
    confirm="Shall I file this?",
    cancelled="Cancelled. Nothing was filed.",
)
REMEMBERED = 50
"""Tickets that are listed in one conversation, the newest."""


@dataclass(frozen=True)
class Opening:
    """What the first sentence may tell; None where it does not."""

    summary: str | None
    category: Literal["hardware", "software", "access", "order", "other"] | None
    urgency: Literal["low", "normal", "high"] | None


_TICKET = re.compile(r"\bT-[A-Z2-7]{4,8}\b", re.IGNORECASE)
_LISTS = re.compile(
    r"(?:show|list|see|check|what are)\s+(?:me\s+)?(?:all\s+)?(?:of\s+)?(?:my|the)?\s*"
    r"(?:open\s+)?tickets?|(?:all\s+)?my\s+(?:open\s+)?tickets?|tickets|(?:ticket\s+)?status"
    r"|.*\b(?:status|state|news|update)\b.*\b(?:my|the)\s+tickets?\b.*"
    r"|.*\bmy\s+tickets?\b.*\b(?:status|doing|resolved|done|ready)\b.*",
    re.IGNORECASE,
)
_QUESTION = re.compile(
    r"(?=(?:\S+\s+){3})(?:(?:how|what|when|where|who|why|which|can|do|does|is|are)\b|[^?]*\?\s*$)",
    re.IGNORECASE,
)
_BEGINS = re.compile(
    r"(?:(?:hi|hello|hey)\b[\s,!.]*)?(?:(?:i|we)(?:'d| would)? (?:want|need|like|have) (?:to )?"
    r"|please |can you |could you |let me )*(?:open|create|file|log|report|make|raise|submit)?\s*"
    r"(?:an?|the|my)?\s*(?:new |it )?(?:ticket|incident|case|request)\b"
    r"(?:\s+(?:for me|please|about|that|because|for))*[\s:,.!?-]*",
    re.IGNORECASE,
)


@skill.on_message
async def talk(turn: Turn) -> None:
    command, text = _split(turn.text)
    action = turn.value.get("action") if isinstance(turn.value, dict) else None
    if action is not None and not text:
        file(turn, FORM.click(turn, action))
    elif command == "/resolve":
        resolve(turn, text)
    elif not command and _asks_for_tickets(text, is_open := FORM.is_open(turn)):
        list_tickets(turn, text)
        if is_open:
            FORM.ask(turn)
    elif FORM.is_open(turn) and _asks_something_else(turn, text):
        turn.reply("Your ticket can wait. Write **/ticket** to go on with it.")
        turn.release_floor()
        turn.hand_off(turn.bot.default_skill)
    elif FORM.is_open(turn) and not (command and text):
        file(turn, FORM.hear(turn, text or command))
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
    file(turn, FORM.click(turn, action["verb"]))
    return {
        "statusCode": 200,
        "type": "application/vnd.microsoft.activity.message",
        "value": turn.replies.pop().text,
    }


@skill.on_event("ticket.resolved")
async def resolved(turn: Turn) -> None:
    for ticket in turn.state.get("tickets", []):
        if ticket["id"] == turn.event.subject:
            ticket["status"] = "resolved"


async def begin(turn: Turn, text: str) -> None:
    """Open the form with what was said already; a draft goes on when nothing new was said."""
    opening = _BEGINS.match(text)
    said = SUMMARY.read(text[opening.end() :] if opening else text)
    answers: Answers | None = None
    if said:
        answers = await understand(turn, said)
        turn.reply("I will file a ticket for that. Write **cancel** at any time to stop.")
    elif FORM.has_draft(turn):
        turn.reply("Let us go on with the ticket that you had begun.")
    FORM.open(turn, answers)


async def understand(turn: Turn, said: str) -> Answers:
    """The answers in an opening sentence, as the model reads it, else by its words."""
    answers = {"summary": said}
    try:
        read = await turn.ai.extract(said, Opening)
    except FAILURES as error:
        fell_back("extract", error)
    else:
        for slot, value in ((SUMMARY, read.summary), (CATEGORY, read.category)):
            if value and (answer := slot.read(value)):
                answers[slot.name] = answer
        if read.urgency:
            answers["urgency"] = read.urgency
    if guess := CATEGORY.spot(said):
        answers.setdefault("category", guess)
    return answers


def file(turn: Turn, answers: Answers | None) -> None:
    """The id is the same for every attempt at this turn, so a retry files no second ticket."""
    if answers is None:
        return
    digest = bytes.fromhex(event_id("ticket", turn.event.conversation, turn.event.work_id))
    ticket = f"T-{base64.b32encode(digest).decode()[:8]}"
    turn.emit("ticket.created", {"id": ticket, "bot": turn.bot.id, **answers}, subject=ticket)
    entry = {"id": ticket, "summary": answers["summary"], "status": "open", "by": _person(turn)}
    turn.state["tickets"] = [*turn.state.get("tickets", []), entry][-REMEMBERED:]
    turn.reply(f"Filed as **{ticket}** with {answers['urgency']} urgency.")


def list_tickets(turn: Turn, text: str) -> None:
    """All tickets of this person here, or the one that was named."""
    named = _TICKET.search(text)
    mine = [t for t in turn.state.get("tickets", []) if t["by"] == _person(turn)]
    shown = [t for t in mine if not named or t["id"].startswith(named[0].upper())]
    if not shown and named:
        turn.reply(f"You have no ticket {named[0].upper()} in this conversation.")
    elif not shown:
        turn.reply("You have no tickets in this conversation yet.", buttons=["open a ticket"])
    else:
        lines = [f"- **{t['id']}** ({t['status']}): {t['summary'][:120]}" for t in shown[-10:]]
        turn.reply("\n".join(["Your tickets:", "", *lines]))


def resolve(turn: Turn, text: str) -> None:
    """`/resolve T-ABCD2345 how`: closes a ticket of this conversation."""
    number, _, how = text.partition(" ")
    for ticket in turn.state.get("tickets", []):
        if ticket["id"] == number.upper() and ticket["status"] == "open":
            ticket["status"] = "resolved"
            data = {"id": ticket["id"], "bot": turn.bot.id, "resolution": how.strip()[:500]}
            turn.emit("ticket.resolved", data, subject=ticket["id"])
            turn.reply(f"Thank you, I am closing {ticket['id']}.")
            return
    turn.reply("There is no open ticket with that number in this conversation.")


def _asks_for_tickets(text: str, in_form: bool) -> bool:
    """Whether somebody asks for what was filed; within a form only in few words."""
    if len(text) > (30 if in_form else 200):
        return False
    listed = _LISTS.fullmatch(text.strip(" .!?"))
    return listed is not None or (not in_form and _TICKET.search(text) is not None)


def _asks_something_else(turn: Turn, text: str) -> bool:
    """Whether a question came where a choice or a yes was asked for."""
    answers = turn.state["form"]
    return (
        _QUESTION.match(text) is not None
        and SUMMARY.name in answers
        and FORM.correction(text, answers) is None
        and turn.bot.default_skill != turn.skill.name
    )


def _split(said: str) -> tuple[str, str]:
    """The command, in small letters, and the rest."""
    if not said.lstrip().startswith("/"):
        return "", said.strip()
    command, *rest = said.split(maxsplit=1)
    return command.casefold(), rest[0].strip() if rest else ""


def _person(turn: Turn) -> str:
    return str(turn.activity.sender.get("id") or turn.reference.user)


def _card_error(code: str, message: str) -> dict[str, Any]:
    return {
        "statusCode": 400,
        "type": "application/vnd.microsoft.error",
        "value": {"code": code, "message": message},
    }


bp = skill_blueprint(skill)
