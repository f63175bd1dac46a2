"""Messages that wait behind a running turn: one turn each, one for all of them, or the newest.

A skill says which (`Skill.overlap`). The turn of the first takes the others along: its commit
creates `burst:<id>` for each, as the turn of any of them does for itself, so that whoever comes
second finds it done. What waits is known by its note `accepted:<id>`, which holds the words
(`said`) until it is finished.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import inf
from typing import Any

from shared.activity import Activity
from shared.bot import Bot
from shared.dialogue.addressee import addressee
from shared.errors import Conflict, TransientError
from shared.event import ACTIVITY, Event
from shared.fabric import Fabric
from shared.observability import log
from shared.ports.store import Create, Item, Op, Put
from shared.records.conversation import MAX_CONFLICTS, REMEMBERED, Conversation, load

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
    along: Sequence[Item] = ()
    superseded: Sequence[str] = ()
    guarded: bool = False

    def finish(self, conversation: Conversation) -> None:
        """Nothing waits for those that were taken along."""
        for note in self.along:
            conversation.finish(_origin(note))

    def ops(self, skill: str) -> list[Op]:
        """What the turn's commit writes of them: each is in this turn, and in no other."""
        if not self.guarded:
            return []
        taken: dict[str, Any] = {"turn": self.event.work_id, "policy": self.policy}
        newest = _origin(self.along[-1]) if self.along else self.event.origin
        ops: list[Op] = []
        for origin in (self.event.origin, *map(_origin, self.along)):
            mark = taken | {"superseded": self.policy == "latest" and origin != newest}
            ops.append(Create(f"burst:{origin}", mark, ttl=REMEMBERED))
        for note in self.along:
            ended = {"skill": skill, "at": note.body["at"], "with": self.event.origin}
            ops.append(Put(note.id, ended, ttl=REMEMBERED))
        return ops


@dataclass(frozen=True, slots=True)
class _Said:
    text: str
    sender: str
    id: str = field(compare=False)


def note(fabric: Fabric, event: Event, skill: str) -> dict[str, Any]:
    """The note of an accepted activity; with its words where a turn may take it along."""
    body: dict[str, Any] = {"skill": skill, "at": event.began()}
    if (bot := fabric.bots.get(event.bot)) and _applies(fabric, bot) and (said := _said(event)):
        body["said"] = {"text": said.text, "sender": said.sender, "id": said.id}
    return body


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
            await _close(fabric, event, mark.body["turn"])
        return None
    activity, said = Activity(event.data["activity"]), _said(event)
    skills = [fabric.skills[name] for name in bot.skills]
    target = addressee(bot, activity, skills, conversation.floor, muted=conversation.muted)
    policy = fabric.skills[target].overlap
    if policy == "queue" or said is None:
        return Burst(event, guarded=True)
    along = await _behind(fabric, event, said)
    if not along:
        return Burst(event, policy, guarded=True)
    texts = [said.text, *(str(item.body["said"]["text"]) for item in along)]
    newest = str(along[-1].body["said"]["id"])
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
        along=[_origin(item) for item in along],
    )
    return Burst(whole, policy, along, superseded, guarded=True)


def _applies(fabric: Fabric, bot: Bot) -> bool:
    return any(fabric.skills[name].overlap != "queue" for name in bot.skills)


async def _behind(fabric: Fabric, event: Event, said: _Said) -> list[Item]:
    """The notes of what waits right behind, in order; up to the first that is another matter."""
    notes = await fabric.store.find(event.conversation, "accepted:", due_by=inf, limit=1000)
    own = f"accepted:{event.origin}"
    at = next((item.body["at"] for item in notes if item.id == own), event.began())
    found: list[Item] = []
    size = len(said.text)
    for item in sorted(notes, key=_place):
        if _place(item) <= (at, own):
            continue
        words = item.body.get("said")
        size += len(words["text"]) + 1 if words else 0
        if not words or words["sender"] != said.sender or size > MAX_TEXT:
            break
        found.append(item)
    return found[:MAX_ALONG]


def _place(item: Item) -> tuple[float, str]:
    return item.body["at"], item.id


def _origin(item: Item) -> str:
    return item.id.removeprefix("accepted:")


def _said(event: Event) -> _Said | None:
    """The words of a plain text; None for all that cannot be put together with others."""
    activity = Activity(event.data.get("activity") or {})
    text = activity.text.strip()
    files = [file for file in activity.attachments if file.get("contentType") != "text/html"]
    plain = activity.is_message and activity.value is None and not files
    if not plain or not text or text.startswith("/") or len(text) > MAX_TEXT:
        return None
    return _Said(activity.text, str(activity.sender.get("id")), activity.id)


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
    store, key = fabric.store, event.conversation
    for _ in range(MAX_CONFLICTS):
        conversation = await load(store, event)
        item = await store.get(key, f"accepted:{event.origin}")
        waits = any(entry[0] == event.work_id for entry in conversation.parked)
        if (item is None or item.due is None) and not waits:
            return
        conversation.finish(event.work_id)
        ops: list[Op] = [conversation.to_op()]
        if item is not None:
            ended = {"skill": item.body["skill"], "at": item.body["at"], "with": turn}
            ops.append(Put(item.id, ended, ttl=REMEMBERED))
        try:
            await store.write(key, *ops)
        except Conflict:
            continue
        return
    raise TransientError("others keep changing the conversation", after=0.2)
