"""What waits for a second person, over HTTP: list it, approve it, deny it."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from functions.operator import Ask, operator_route
from shared.errors import PermanentError, Rejected
from shared.governance.roles import Role

if TYPE_CHECKING:
    from shared.fabric import Fabric
    from shared.operations.deeds.approvals import Decider, Decision
    from shared.operations.reports.approvals import Asked

    Deed = Callable[[Fabric, Decider, str, str], Awaitable[Decision]]


@operator_route("GET", "ops/approvals", least=Role.OPERATOR)
async def approvals(ask: Ask) -> "list[Asked]":
    """`?all=true` has those that were decided too."""
    from shared.operations.reports import approvals as reports

    return await reports.approvals(ask.fabric, ask.departments, all=ask.text("all") == "true")


@operator_route(
    "POST", "ops/approvals/{id}/approve", least=Role.OPERATOR, name="ops_approvals_approve"
)
async def approve(ask: Ask) -> "Decision":
    """`{}`, or `{"reason": "..."}` for the record."""
    from shared.operations.deeds import approvals as deeds

    return await _decided(ask, deeds.approve)


@operator_route("POST", "ops/approvals/{id}/deny", least=Role.OPERATOR, name="ops_approvals_deny")
async def deny(ask: Ask) -> "Decision":
    """`{}`, or `{"reason": "..."}`, which the person is told."""
    from shared.operations.deeds import approvals as deeds

    return await _decided(ask, deeds.deny)


async def _decided(ask: Ask, deed: "Deed") -> "Decision":
    """Answer 404 for what is not there or not theirs to see, 403 for what they may not decide,
    409 for what is over."""
    from shared.operations.deeds.approvals import Decider, NotTheirs
    from shared.operations.reports import approvals as reports
    from shared.records.approval import Approval

    id, reason = ask.path.get("id", ""), _reason(ask)
    item = await reports.item_of(ask.fabric, id)
    ask.bot(Approval.of(item).bot)
    decider = Decider(ask.operator, ask.rights, ask.groups)
    try:
        return await deed(ask.fabric, decider, id, reason)
    except NotTheirs as error:
        raise Rejected(403, error.reason) from error
    except PermanentError as error:
        raise Rejected(409, error.reason) from error


def _reason(ask: Ask) -> str:
    from shared.operations.deeds.approvals import MAX_REASON

    body = ask.body() if ask.raw_body else {}
    reason = body.get("reason", "")
    if set(body) - {"reason"} or not isinstance(reason, str) or len(reason) > MAX_REASON:
        raise Rejected(400, 'write {} or {"reason": "..."}, at most 500 characters')
    return reason.strip()
