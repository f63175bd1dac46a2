"""A decision on what waited for approval: written once, with what follows on it."""

from contextlib import suppress
from time import time

from shared.errors import Conflict, PermanentError, TransientError
from shared.event import Event
from shared.fabric import Fabric
from shared.governance import audit
from shared.governance.hold import held
from shared.observability import log
from shared.pipeline.outbox import effects
from shared.pipeline.outbox.deliver import wake
from shared.ports.store import Item
from shared.queues import skill_queue
from shared.records.approval import PREFIX, Approval, State
from shared.records.conversation import MAX_CONFLICTS, Conversation, load
from shared.records.effect import AnyEffect, Record

AT_ONCE = 200
"""What one sweep lets expire."""


async def decide(
    fabric: Fabric, item: Item, state: State, *, by: str = "", reason: str = ""
) -> Approval:
    """Decide, and have the message handled again or the person told: in one write, once.

    Raises PermanentError when somebody was faster, or it is too late.
    """
    key = item.partition
    for _ in range(MAX_CONFLICTS):
        approval, now = Approval.of(item), time()
        if approval.state is not State.WAITING:
            raise PermanentError("decided", f"it is {approval.state} already")
        if state is not State.EXPIRED and now >= approval.until:
            raise PermanentError("expired", "its time is over; the person has to ask again")
        decided = approval.decide(state, by, reason, now)
        event = decided.next_event()
        asked = Event.from_dict(dict(approval.event))  # it has the reference
        conversation, cause = await load(fabric.store, asked), effects.Cause.of(event)
        told: list[AnyEffect] = []
        if state is State.EXPIRED:  # a person's decision is on record before and after it
            told.append(_on_record(fabric, conversation, cause, approval))
        queue = skill_queue(approval.skill)
        told.append(effects.queue_effect(conversation, cause, queue, event))
        free = [effect.released(now) for effect in told]
        kept = await _is_held(fabric, approval)
        put = decided.to_op(etag=item.etag, held=kept)
        creates = [effect.create() for effect in free]
        try:
            await fabric.store.write(key, conversation.to_op(), put, *creates)
        except Conflict:
            fresh = await fabric.store.get(key, item.id)
            if fresh is None:
                raise PermanentError("no_such_approval", "it was erased") from None
            item = fresh
            continue
        log.info("approval.decided", bot=approval.bot, conversation=key, id=approval.id)
        await wake(fabric, key, free[0], now)
        return decided
    raise TransientError("others keep changing the conversation")


async def expire_overdue(fabric: Fabric) -> None:
    """Have who asked told that nobody has decided in time, and put it on record."""
    for item in await fabric.store.find(None, PREFIX, due_by=time(), limit=AT_ONCE):
        with suppress(PermanentError):  # somebody has decided, or it was erased, at this moment
            await decide(fabric, item, State.EXPIRED)


def _on_record(
    fabric: Fabric, conversation: Conversation, cause: effects.Cause, approval: Approval
) -> Record:
    bot = fabric.bots.get(approval.bot)
    skill = fabric.skills.get(approval.skill)
    entry = {
        "action": "approval.expired",
        "target": {"approval": f"{approval.deed.name} {approval.id}", "skill": approval.skill},
        "outcome": audit.DONE,
        "policy": f"bots/{approval.bot}.toml: [approvals]",
        "purpose": skill.purpose if skill else "",
        "department": bot.department if bot else "",
    }
    return effects.audit_effect(conversation, cause, f"{cause.work}.a", entry)


async def _is_held(fabric: Fabric, approval: Approval) -> bool:
    ids = (approval.user, approval.asker)
    return any([bool(await held(fabric.store, id)) for id in ids])
