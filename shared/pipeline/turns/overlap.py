"""Messages that wait behind a running turn: one turn each, one for all of them, or the newest.

A skill says which (`Skill.overlap`). The turn of the first takes the others along: its commit
creates `burst:<id>` for each, as the turn of any of them does for itself, so that whoever comes
second finds it done. What waits is known by its note, which holds the words
(`said`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from shared.activity import Activity
from shared.bot import Bot
from shared.dialogue.addressee import addressee
from shared.event import ACTIVITY, Event
from shared.fabric import Fabric
from shared.observability import log, trace
from shared.ports.store import Create, Op, Store
from shared.records.acceptance import Acceptance, Words, noted, unfinished
from shared.records.change import undisturbed
from shared.records.conversation import REMEMBERED, Conversation, load

MAX_ALONG = 30
"""Messages that one turn takes along at most: each is two operations of its commit."""

MAX_TEXT = 16_384
"""Characters that are kept of a message, and that one turn gets."""


@dataclass(frozen=True, slots=True)
class Burst:
    """One turn's messages. `event` carries what the handler gets; `along` are the others' notes.

    `superseded` are the texts that nobody answers. Not `guarded` when nothing can be taken along.
    """

    event: Event
    policy: str = "queue"
    along: Sequence[Acceptance] = ()
    superseded: Sequence[str] = ()
    guarded: bool = False

    def finish(self, conversation: Conversation) -> None:
        """Nothing waits for those that were taken along."""
        for note in self.along:
            conversation.finish(note.origin)
            conversation.row.finish(note.number)

    def ops(self, skill: str) -> list[Op]:
        """What the turn's commit writes of them: each is in this turn, and in no other."""
        if not self.guarded:
            return []
        taken: dict[str, Any] = {"turn": self.event.work_id, "policy": self.policy}
        if self.along:
            taken["trace"] = trace.traceparent()
        newest = self.along[-1].origin if self.along else self.event.origin
        ops: list[Op] = []
        for origin in (self.event.origin, *(note.origin for note in self.along)):
            mark = taken | {"superseded": self.policy == "latest" and origin != newest}
            ops.append(Create(f"burst:{origin}", mark, ttl=REMEMBERED))
        for note in self.along:
            ops.append(note.finished_with(self.event.origin, skill).put())
        return ops


def note(fabric: Fabric, event: Event, skill: str, not_before: float = 0.0) -> Acceptance:
    """Return the note of an accepted activity; with its words where a turn may take it along."""
    words = _words(event) if applies(fabric, event) else None
    return Acceptance.of(event, skill, words=words, not_before=not_before)


async def gather(
    fabric: Fabric, bot: Bot, conversation: Conversation, event: Event
) -> Burst | None:
    """The turn's messages; None when an earlier turn has taken this one along.

    Plain text of one person, in one row: a command, a card or a file is handled by itself.
    """
    if event.type != ACTIVITY or event.hops or not _applies(fabric, bot):
        return Burst(event)
    mark = await fabric.store.get(event.conversation, f"burst:{event.origin}")
    if mark is not None:
        if mark.body["turn"] != event.work_id:
            trace.link(str(mark.body.get("trace", "")))
            await _close(fabric, event, mark.body["turn"])
        return None
    activity, said = Activity(event.data["activity"]), _words(event)
    skills = [fabric.skills[name] for name in bot.skills]
    target = addressee(bot, activity, skills, conversation.floor, muted=conversation.muted)
    policy = fabric.skills[target].overlap
    if policy == "queue" or said is None:
        return Burst(event, guarded=True)
    waiting = await unfinished(fabric.store, event.conversation, conversation.row)
    along = behind(waiting, event, said)
    if not along:
        return Burst(event, policy, guarded=True)
    words = [said, *(note.words for note in along if note.words)]
    trace.link(*(each.trace for each in words[1:]))
    texts, newest = [each.text for each in words], words[-1].id
    text = "\n".join(texts) if policy == "merge" else texts[-1]
    whole = _with_words(event, text, newest)
    conversation.reference = replace(conversation.reference, reply_to=newest)
    superseded = texts[:-1] if policy == "latest" else ()
    log.info(
        "overlap",
        conversation=event.conversation,
        id=event.id,
        skill=target,
        policy=policy,
        along=[note.origin for note in along],
    )
    return Burst(whole, policy, along, superseded, guarded=True)


def applies(fabric: Fabric, event: Event) -> bool:
    """Tell whether a turn of the event's bot may take messages along."""
    bot = fabric.bots.get(event.bot)
    return bot is not None and _applies(fabric, bot)


def _applies(fabric: Fabric, bot: Bot) -> bool:
    return any(fabric.skills[name].overlap != "queue" for name in bot.skills)


def behind(notes: Sequence[Acceptance], event: Event, said: Words) -> Sequence[Acceptance]:
    """Return those that wait right behind, in order; up to the first that is another matter."""
    own = next((note for note in notes if note.origin == event.origin), None)
    place = (own or Acceptance.of(event, skill="")).place
    found: list[Acceptance] = []
    size = len(said.text)
    for note in sorted(notes, key=lambda note: note.place):
        if note.place <= place:
            continue
        size += len(note.words.text) + 1 if note.words else 0
        if not note.words or note.words.sender != said.sender or size > MAX_TEXT:
            break
        found.append(note)
    return found[:MAX_ALONG]


def _words(event: Event) -> Words | None:
    """The words of a plain text; None for all that cannot be put together with others."""
    activity = Activity(event.data.get("activity") or {})
    text = activity.text.strip()
    files = [file for file in activity.attachments if file.get("contentType") != "text/html"]
    plain = activity.is_message and activity.value is None and not files
    if not plain or not text or text.startswith("/") or len(text) > MAX_TEXT:
        return None
    sender = str(activity.sender.get("id"))
    return Words(activity.text, sender, activity.id, event.traceparent)


def _with_words(event: Event, text: str, id: str) -> Event:
    """The event as if its message said `text`; it answers to the activity `id`.

    Teams repeats a message's text as an HTML attachment, which is no longer true.
    """
    said = {k: v for k, v in event.data["activity"].items() if k != "attachments"}
    activity = Activity(said, text=text, id=id)
    reference = {**event.data["reference"], "reply_to": id}
    return replace(event, data={**event.data, "activity": activity, "reference": reference})


async def _close(fabric: Fabric, event: Event, turn: str) -> None:
    """End the note and the place in the row that came back after the activity was taken along."""
    await undisturbed(lambda: _try_to_close(fabric.store, event, turn), after=0.2)


async def _try_to_close(store: Store, event: Event, turn: str) -> None:
    """Raises Conflict when others write in this moment."""
    key = event.conversation
    conversation = await load(store, event)
    note = await noted(store, key, event.number)
    waits = any(entry[0] == event.work_id for entry in conversation.parked)
    if (note is None or not note.is_open(conversation.row)) and not waits:
        return
    conversation.finish(event.work_id)
    ops: list[Op] = []
    if note is not None:
        conversation.row.finish(note.number, event.written())
        ops.append(note.finished_with(turn).put())
    await store.write(key, *ops, conversation.to_op())
