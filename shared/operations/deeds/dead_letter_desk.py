"""What died can be looked at, sent again, or dismissed.

A letter is a `dead:` record of the store: an event that a skill could not handle, an effect
that could not be sent, or a body that was no event. `redrive` sends it where it was on its way
to, under a new id that no broker and no `seen` marker knows, the oldest of a conversation first.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from time import time
from typing import Any

from shared.errors import Conflict, PermanentError, TransientError
from shared.event import ACTIVITY, Event, utc_now
from shared.fabric import Fabric
from shared.observability import log
from shared.pipeline.door.accept import OVERDUE
from shared.pipeline.outbox import relay
from shared.ports.store import Create, Delete, Item, Put, every
from shared.queues import skill_of, skill_queue
from shared.records.conversation import DEAD_KEPT, DOCUMENT, MAX_CONFLICTS, REMEMBERED, Conversation

EVENT, BODY = "event", "body"
"""Kinds of letters; the others are those of effects: send, queue, publish."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One dead letter. `at` is the Unix time of death, `id` names it within its conversation."""

    item: Item

    @property
    def id(self) -> str:
        return self.item.id.removeprefix("dead:")

    @property
    def conversation(self) -> str:
        return self.item.partition

    @property
    def kind(self) -> str:
        return str(self.item.body["kind"])

    @property
    def queue(self) -> str:
        """Where it was on its way to; an effect that sends names its channel."""
        return str(self.item.body.get("queue") or self._reference.get("channel") or "")

    @property
    def bot(self) -> str:
        return str(self._event.get("bot") or self._reference.get("bot") or "")

    @property
    def reason(self) -> str:
        return str(self.item.body["reason"])

    @property
    def at(self) -> float:
        return float(self.item.body["at"])

    @property
    def _last_error(self) -> str:
        detail = str(self.item.body.get("detail", ""))
        parts = [detail] if detail.startswith(self.reason) else [self.reason, detail]
        return ": ".join(filter(None, parts))

    @property
    def _event(self) -> dict[str, Any]:
        return self.item.body.get("event") or {}

    @property
    def _reference(self) -> dict[str, Any]:
        return self.item.body.get("reference") or {}

    def summary(self) -> dict[str, Any]:
        """One row of a list."""
        return {
            "id": self.id,
            "died": datetime.fromtimestamp(self.at, UTC).isoformat(timespec="seconds"),
            "bot": self.bot,
            "queue": self.queue,
            "reason": self.reason,
            "conversation": self.conversation,
        }

    def explain(self) -> dict[str, Any]:
        """All that an operator needs, and nothing that was said. Times are Unix times."""
        body = self.item.body
        last = {"at": self.at, "error": self._last_error}
        return {
            "id": self.id,
            "conversation": self.conversation,
            "kind": self.kind,
            "bot": self.bot,
            "queue": self.queue,
            "reason": self.reason,
            "detail": body.get("detail", ""),
            "attempts": body.get("attempts") or body.get("failures", 0) + 1,
            "first_error": body.get("first") or last,
            "last_error": last,
            "died": self.at,
            "began": Event.from_dict(self._event).began() if self._event else body.get("made"),
            "type": self._event.get("type", ""),
            "origin": body.get("origin", ""),
            "trace": str(body.get("trace") or self._event.get("traceparent", ""))[3:35],
        }


async def letters(
    fabric: Fabric, *, bot: str = "", queue: str = "", reason: str = ""
) -> list[Letter]:
    """What is dead and not dismissed, by conversation, in each the oldest first."""
    found = [Letter(item) async for item in every(fabric.store, "dead:")]
    chosen = [
        letter
        for letter in found
        if not letter.item.body.get("discarded")
        and bot in ("", letter.bot)
        and queue in ("", letter.queue)
        and reason in ("", letter.reason)
    ]
    return sorted(chosen, key=lambda letter: (letter.conversation, letter.at))


def named(found: Sequence[Letter], ids: Collection[str]) -> list[Letter]:
    """Those of these ids, in the order of the list. Raises PermanentError unless all are there."""
    if unknown := set(ids) - {letter.id for letter in found}:
        raise PermanentError("no_such_letter", ", ".join(sorted(unknown)))
    return [letter for letter in found if letter.id in ids]


async def redrive(fabric: Fabric, letter: Letter) -> None:
    """Send it again, once however often this is tried.

    Raises PermanentError for what cannot be sent again, TransientError when the bus or the
    store does not answer; the letter then stays.
    """
    if letter.kind == BODY:
        raise PermanentError("not_an_event", "only discard is left for a body that is no event")
    if letter.kind == EVENT:
        await _send_again(fabric, letter)
    else:
        await _into_outbox(fabric, letter)
    log.info("dead.redriven", conversation=letter.conversation, id=letter.id, reason=letter.reason)


async def discard(fabric: Fabric, letter: Letter) -> None:
    """Dismiss it: it stays on record and in the books, and is listed no more."""
    item = letter.item
    body = {**item.body, "discarded": time()}
    await fabric.store.write(item.partition, Put(item.id, body, etag=item.etag, ttl=DEAD_KEPT))
    log.info("dead.discarded", conversation=letter.conversation, id=letter.id, reason=letter.reason)


async def _send_again(fabric: Fabric, letter: Letter) -> None:
    """The event under an id that follows from its attempts, so that a second try is a copy."""
    kept = Event.from_dict(letter.item.body["event"])
    if "omitted_bytes" in kept.data:
        raise PermanentError("body_not_kept", "the event was too large to be kept")
    event = await fabric.claims.redeem(kept) if kept.is_ticket else kept
    bot = fabric.bots.get(event.bot)
    queue = letter.queue or (skill_queue(bot.default_skill) if bot else "")
    if not queue:
        raise PermanentError("unknown_bot", f"no manifest for {event.bot}")
    attempt = event.attempt + 1
    id = f"{event.work_id}:replay:{attempt}"
    data = {**event.data, "asked": event.asked()} if event.type == ACTIVITY else event.data
    again = replace(event, id=id, data=data, attempt=attempt, cause=event.id, time=utc_now())
    if event.origin and event.type == ACTIVITY:
        reopened = {"skill": skill_of(queue), "at": again.began()}
        note = Put(f"accepted:{event.origin}", reopened, due=time() + OVERDUE, ttl=REMEMBERED)
        await fabric.store.write(event.conversation, note)
    await fabric.bus.send(queue, again)
    await fabric.store.write(letter.conversation, Delete(letter.item.id))
    if kept.is_ticket:
        await fabric.claims.remove(kept)


async def _into_outbox(fabric: Fabric, letter: Letter) -> None:
    """The effect at the end of its conversation's outbox, which then goes."""
    store, key = fabric.store, letter.conversation
    dropped = ("reason", "detail", "at", "failures")
    body = {name: value for name, value in letter.item.body.items() if name not in dropped}
    for _ in range(MAX_CONFLICTS):
        item = await store.get(key, DOCUMENT)
        if item is None:
            raise PermanentError("no_conversation", "nothing is known of its conversation")
        conversation = Conversation.from_item(item)
        body |= {"made": time(), "not_before": 0.0, "at": 0.0}
        effect = Create(conversation.next_outbox_id(), body, due=time())
        taken = Delete(letter.item.id, etag=letter.item.etag)
        try:
            await store.write(key, taken, conversation.to_op(), effect)
        except Conflict as conflict:
            if conflict.id == letter.item.id:
                return
            continue
        await relay.drain(fabric, key)
        return
    raise TransientError("others keep changing the conversation")
