"""A second person decides on a deed that waits for them; on record before and after."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, NoReturn

from shared.errors import PermanentError
from shared.fabric import Fabric
from shared.governance import audit
from shared.governance.access import Rights
from shared.governance.audit import Operator
from shared.governance.roles import Role
from shared.operations.deeds.record import on_record
from shared.operations.reports.approvals import item_of
from shared.pipeline.turns.deciding import decide
from shared.records.approval import Approval, State

MAX_REASON = 500


@dataclass(frozen=True, slots=True)
class Decider:
    """Who decides, and what they are. Without `rights` it is the user of a laptop, on it."""

    who: Operator
    rights: Rights | None = None
    groups: Collection[str] = field(default=())


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of it."""

    id: str
    bot: str
    deed: str
    state: str


class NotTheirs(PermanentError):
    """Whoever wants to decide may not."""


async def approve(fabric: Fabric, decider: Decider, id: str, reason: str = "") -> Decision:
    """Have the deed done. Raises NotTheirs for who may not, PermanentError when it is over."""
    return await _decided(fabric, decider, id, State.APPROVED, reason)


async def deny(fabric: Fabric, decider: Decider, id: str, reason: str = "") -> Decision:
    """Have the person told that nothing is done. Raises as `approve`."""
    return await _decided(fabric, decider, id, State.DENIED, reason)


async def _decided(
    fabric: Fabric, decider: Decider, id: str, state: State, reason: str
) -> Decision:
    if len(reason) > MAX_REASON:
        raise PermanentError("long_reason", f"write a reason of at most {MAX_REASON} characters")
    item = await item_of(fabric, id)
    approval = Approval.of(item)
    action = "approval.approve" if state is State.APPROVED else "approval.deny"
    target = {
        "approval": f"{approval.deed.name} {approval.id}",
        "bot": approval.bot,
        "conversation": item.partition,
        **({"reason": reason} if reason else {}),
    }
    skill = fabric.skills.get(approval.skill)
    purpose = skill.purpose if skill else ""
    if why := _refusal(fabric, decider, approval):
        await _refuse(fabric, decider.who, action, target, {"policy": why, "purpose": purpose})
    await on_record(
        fabric,
        decider.who,
        action,
        target,
        lambda: decide(fabric, item, state, by=decider.who.name, reason=reason),
        purpose=purpose,
    )
    return Decision(approval.id, approval.bot, approval.deed.name, state)


def _refusal(fabric: Fabric, decider: Decider, approval: Approval) -> str:
    """Say why they may not decide; "" when they may."""
    if approval.is_asked_by(decider.who.name):
        return "who asked for it does not decide on it"
    bot = fabric.bots.get(approval.bot)
    if bot is None:
        return f"there is no manifest of {approval.bot}, which says who decides"
    if decider.rights is None:
        own = fabric.settings.local and fabric.settings.store_url.startswith("sqlite:")
        return "" if own else "nobody knows here who you are; decide over HTTP with your token"
    least = Role[bot.approvals.role.upper()]
    if bot.department not in decider.rights.departments(least):
        return f"it takes the role {bot.approvals.role} in {bot.department}"
    named = {group.lower() for group in bot.approvals.groups}
    if named and not named & {group.lower() for group in decider.groups}:
        return "it takes one of the groups that the bot's [approvals] names"
    return ""


async def _refuse(
    fabric: Fabric, who: Operator, action: str, target: dict[str, str], about: dict[str, Any]
) -> NoReturn:
    """Put on record, before the answer leaves, that somebody was turned away, and raise."""
    bot = fabric.bots.get(target["bot"])
    await fabric.audit.record(
        who,
        action,
        target,
        audit.DENIED,
        bot=target["bot"],
        department=bot.department if bot else "",
        conversation=target["conversation"],
        **about,
    )
    raise NotTheirs("not_yours_to_decide", about["policy"])
