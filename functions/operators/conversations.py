"""What was said, over HTTP: each look has a purpose and is on record before it is answered."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from functions.operator import Ask, operator_route
from functions.operators.asked import asked_period, asked_scope
from shared.errors import Rejected
from shared.governance.roles import Role

if TYPE_CHECKING:
    from shared.operations.reports.conversations import Summary, Whole

LISTED = 1000


@dataclass(frozen=True, slots=True)
class Conversations:
    """The latest `LISTED` of `total`."""

    conversations: "list[Summary]"
    total: int


@operator_route("GET", "ops/conversations", least=Role.OPERATOR, purpose=True)
async def listed(ask: Ask) -> Conversations:
    """Put a list on record once for each department that has a conversation in it."""
    from shared.operations.reports import conversations as reports

    found = await reports.conversations(ask.fabric, asked_scope(ask), asked_period(ask))
    shown = found[:LISTED]
    for department in sorted({_department(ask, one.bot) for one in shown}) or [""]:
        await _look(ask, "conversations.list", {"bot": ask.text("bot")}, department)
    return Conversations(shown, len(found))


@operator_route("GET", "ops/conversations/{key}", least=Role.OPERATOR, purpose=True)
async def read(ask: Ask) -> "Whole":
    from shared.operations.reports import conversations as reports

    key = ask.path.get("key", "")
    if key.count(".") < 2:
        raise Rejected(404, "no_such_conversation")
    bot = reports.bot_of(key)
    if not ask.departments.everywhere:
        ask.bot(bot)
    found = await reports.conversation(ask.fabric, key)
    target = {"bot": bot, "conversation": key}
    await _look(ask, "conversation.read", target, _department(ask, bot))
    return found


def _department(ask: Ask, bot: str) -> str:
    manifest = ask.fabric.bots.get(bot)
    return manifest.department if manifest else ""


async def _look(ask: Ask, action: str, target: dict[str, str], department: str) -> None:
    """Raises TransientError: what cannot be recorded is not shown."""
    from shared.governance import audit

    await ask.fabric.audit.record(
        ask.operator,
        action,
        target,
        audit.DONE,
        purpose=ask.purpose,
        policy="access.toml",
        bot=target["bot"],
        department=department,
        conversation=target.get("conversation", ""),
    )
