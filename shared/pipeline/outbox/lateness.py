"""What becomes of an answer that is late: sent, prefixed, replaced by a template, parked, dropped.

A bot declares it for each case (`[late]` in its manifest). It is judged right before the send,
where it is known what has happened since the person asked. Source of the window: Meta docs,
"Customer service windows"; outside of it Graph refuses all but templates (131047).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from time import time
from typing import Any

from shared.activity import Activity
from shared.bot import Bot
from shared.dialogue.phrases import DEFAULT, phrase
from shared.errors import PermanentError
from shared.event import Event
from shared.fabric import Fabric
from shared.observability import log
from shared.ports.store import Delete, Item, Op, Put
from shared.records.conversation import DOCUMENT, REMEMBERED, Conversation

WINDOW = 24 * 3600.0 - 30
"""Seconds after a person's message in which WhatsApp takes free text, less a send's own time."""

PARKED = 7 * 86_400.0
"""Seconds that a message waits for the person to write again."""

LOOK_AGAIN = 3600.0
"""Seconds after which a parked message is looked at; the person's next message does it at once."""

REFUSED_AT = "refused_at"
"""In an effect: when the channel said that the window is shut, whatever is known here."""

QUICK = 5.0
"""Seconds in which nothing is late: most sends are not looked into further."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The case, and what is done: send, prefix, template, park or drop. No `case`: in time.

    `language` is the one that the conversation is held in, where something is to be said.
    """

    case: str = ""
    done: str = "send"
    language: str = DEFAULT

    @property
    def waits(self) -> bool:
        """Whether the message stays in the outbox until the person writes."""
        return self.done in ("park", "template")

    @property
    def is_silent(self) -> bool:
        """Whether nothing is sent now."""
        return self.done in ("park", "drop")


IN_TIME = Verdict()


def verdict(bot: Bot, known: Mapping[str, Any], body: Mapping[str, Any], now: float) -> Verdict:
    """What the bot declares for one message, by what is known of its conversation.

    `known` is the conversation's document, `body` the effect. Where a bot that may speak would
    find the window shut, that decides.
    """
    asked, spoke = body.get("asked", 0.0), known.get("spoke", 0.0)
    found = IN_TIME
    if known.get("muted") and (asked or body["made"]) < known.get("muted_at", 0.0):
        found = Verdict("taken_over", bot.late.taken_over)
    elif 0 < asked < spoke and now - asked > bot.late.moved_on_minutes * 60:
        found = Verdict("moved_on", bot.late.moved_on)
    if found.done == "drop" or not _needs_window(body) or _is_open(known, body, now):
        return found
    whatsapp = bot.channels.whatsapp
    template = "template" if whatsapp and whatsapp.template else "park"
    done = bot.late.window or template
    return Verdict("window", "park" if done == "template" and body.get("templated") else done)


async def judge(fabric: Fabric, key: str, body: Mapping[str, Any]) -> Verdict:
    """The verdict on an effect that is about to be sent.

    Raises PermanentError when it was parked too long.
    """
    now = time()
    turn = body.get("working")
    if turn and await fabric.store.get(key, f"seen:{turn}") is not None:
        return Verdict("answered", "drop")
    asked = body.get("asked", 0.0)
    quick = now - (asked or body["made"]) < QUICK and REFUSED_AT not in body
    if quick and (asked or not _needs_window(body)):
        return IN_TIME
    bot = fabric.bots.get(body["reference"]["bot"])
    if bot is None:
        return IN_TIME
    item = await fabric.store.get(key, DOCUMENT)
    known = item.body if item else {}
    found = verdict(bot, known, body, now)
    if found.done == "park" and now - body["made"] > PARKED:
        if body.get("templated"):
            return Verdict("window", "drop")
        raise PermanentError("window_shut", "the person did not write again")
    if found.done == "prefix" and await _is_prefixed(fabric, key, body, found.case):
        return Verdict(found.case)
    if found.done == "prefix":
        return replace(found, language=known.get("language") or DEFAULT)
    return found


def worded(fabric: Fabric, found: Verdict, body: Mapping[str, Any]) -> Activity:
    """What is sent instead; a message that has no room for the prefix stays as it is."""
    activity, reference = Activity(body["activity"]), body["reference"]
    bot = fabric.bots.get(reference["bot"])
    whatsapp = bot.channels.whatsapp if bot else None
    if found.done == "template" and whatsapp:
        template = {"name": whatsapp.template, "language": {"code": whatsapp.template_language}}
        data = {"whatsapp": {"template": template}}
        return Activity(type="message", id=f"{activity.id}.template", channelData=data)
    if found.done == "prefix":
        gap = "\n\n" if "\n" in activity.text else " "
        prefix = phrase(found.language, "platform.earlier")
        longer = Activity(activity, text=f"{prefix}{gap}{activity.text}".rstrip())
        if len(fabric.channel(reference["channel"]).split(longer)) == 1:
            return longer
    return activity


def ops(found: Verdict, id: str, body: dict[str, Any], etag: str | None = None) -> list[Op]:
    """What is written of it: the effect goes, or waits for the person; and the record.

    A template asks the person to write; the answer itself goes out when that has happened. What
    waits is guarded by `etag`: another process may have sent it meanwhile.
    """
    record = [] if not found.case or body.get("shut") else [recorded(found, body["effect"])]
    if not found.waits:
        return [Delete(id), *record]
    due = time() + LOOK_AGAIN
    waiting = {
        **body,
        "tries": max(0, body["tries"] - 1),
        "failures": body.get("failures") or 1,
        "shut": due,
        "templated": body.get("templated") or found.done == "template",
    }
    return [Put(id, waiting, etag=etag, due=due), *record]


def recorded(found: Verdict, effect: str) -> Put:
    body = {"case": found.case, "done": found.done, "at": time()}
    return Put(f"late:{effect}:{found.case}", body, ttl=REMEMBERED)


def tell(found: Verdict, key: str, effect: str) -> None:
    if found.case:
        log.info("late", conversation=key, id=effect, case=found.case, done=found.done)


async def reopened(fabric: Fabric, item: Item) -> bool:
    """Whether what is parked because of the window can go now.

    One whose `due` has moved since is parked no more: somebody sends it, or it was throttled.
    """
    if item.due is None or item.body.get("shut") != item.due:
        return False
    known = await fabric.store.get(item.partition, DOCUMENT)
    return known is not None and _is_open(known.body, item.body, time())


def interrupted(bot: Bot, conversation: Conversation, event: Event) -> Verdict | None:
    """The verdict on what a turn says while muted, when its question came before that."""
    if conversation.muted and 0 < event.asked() < conversation.muted_at:
        return Verdict("taken_over", bot.late.taken_over)
    return None


def _is_open(known: Mapping[str, Any], body: Mapping[str, Any], now: float) -> bool:
    spoke = float(known.get("spoke", 0.0))
    return now - spoke <= WINDOW and spoke > body.get(REFUSED_AT, 0.0)


def _needs_window(body: Mapping[str, Any]) -> bool:
    data = Activity(body["activity"]).channel_data.get("whatsapp")
    template = isinstance(data, dict) and data.get("template")
    return body["reference"]["channel"] == "whatsapp" and not template


async def _is_prefixed(fabric: Fabric, key: str, body: Mapping[str, Any], case: str) -> bool:
    """Whether an earlier part of the same answer has the prefix."""
    work, _, part = str(body["effect"]).rpartition(".")
    if not part.isdigit() or int(part) == 0:
        return False
    return await fabric.store.get(key, f"late:{work}.{int(part) - 1}:{case}") is not None
