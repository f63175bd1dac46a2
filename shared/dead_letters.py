"""Messages that nobody will try again: kept with their reason, and the person is told."""

from time import time

from shared import effects, outbox
from shared.conversation import DEAD_KEPT, MAX_CONFLICTS, REMEMBERED, Conversation, load
from shared.errors import Conflict, PermanentError, TransientError
from shared.event import ACTIVITY, WAKE, Event, event_id
from shared.fabric import Fabric
from shared.observability import log
from shared.ports import Create, Op, Put

APOLOGY = (
    "Sorry, something went wrong on our side and I could not answer this. It has been reported."
)

UNREADABLE = "unreadable"
"""The partition of dead messages that belong to no conversation."""


async def bury(fabric: Fabric, skill: str, event: Event, reason: str, detail: str = "") -> None:
    """Record the death of `event`, end its chain in the books, and apologise to the person."""
    log.error("dead", skill=skill, conversation=event.conversation, id=event.id, reason=reason)
    dead = {
        "kind": "event",
        "skill": skill,
        "reason": reason,
        "detail": detail,
        "origin": event.origin,
        "attempts": event.attempt + 1,
        "event": event.to_dict(),
        "at": time(),
    }
    partition = event.conversation or UNREADABLE
    for _ in range(MAX_CONFLICTS):
        ops: list[Op] = [
            Create(f"seen:{event.id}", {}, ttl=REMEMBERED),
            Put(f"dead:{event.work_id}", dead, ttl=DEAD_KEPT),
        ]
        apology: list[Create] = []
        try:
            conversation = await load(fabric.store, event)
        except PermanentError:
            pass
        else:
            conversation.finish(event.work_id)
            apology = _apology(fabric, conversation, event)
            ops += [conversation.to_op(), *apology]
        if event.origin and event.type == ACTIVITY:
            ended = {"skill": skill, "at": time()}
            ops.append(Put(f"accepted:{event.origin}", ended, ttl=REMEMBERED))
        try:
            await fabric.store.write(partition, *ops)
        except Conflict as conflict:
            if conflict.id.startswith("seen:"):
                return
            continue
        await outbox.relay(fabric, partition, apology)
        return
    raise TransientError("others keep changing the conversation")


async def bury_body(fabric: Fabric, body: str, reason: str, detail: str = "") -> None:
    """Record a queue message that is dead for the broker, or that is no event at all.

    A wake-up leaves nothing to record: what it was for is in the outbox, and the sweep comes.
    """
    try:
        event = Event.from_json(body)
    except ValueError:
        log.error("dead.unreadable", reason=reason, size=len(body))
        dead = {"kind": "body", "reason": reason, "detail": detail, "body": body[:65_536]}
        record = Put(f"dead:{event_id(body)}", {**dead, "at": time()}, ttl=DEAD_KEPT)
        await fabric.store.write(UNREADABLE, record)
        return
    if event.type == WAKE:
        log.warning("dead.wake_up", conversation=event.conversation, reason=reason)
        return
    await bury(fabric, "", event, reason, detail)


def _apology(fabric: Fabric, conversation: Conversation, event: Event) -> list[Create]:
    reference = conversation.reference
    wanted = event.type == ACTIVITY and event.data["activity"].get("type") == "message"
    if not wanted or conversation.muted or reference.channel == "api":
        return []
    return [effects.word(fabric, conversation, effects.Cause.of(event), "sorry", APOLOGY)]
