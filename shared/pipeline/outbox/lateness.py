"""What becomes of an answer that is late: sent, prefixed, replaced by a template, parked, dropped.

A bot declares it for each case (`[late]` in its manifest). It is judged right before the send,
where it is known what has happened since the person asked. Source of the window: Meta docs,
"Customer service windows"; outside of it Graph refuses all but templates (131047).
"""

from dataclasses import dataclass, replace
from time import time

from shared.activity import Activity
from shared.bot import Bot
from shared.dialogue.phrases import DEFAULT, phrase
from shared.errors import PermanentError
from shared.event import Event
from shared.fabric import Fabric
from shared.observability import log
from shared.ports.store import Op, Put
from shared.records.conversation import REMEMBERED, Conversation, stored
from shared.records.effect import Send
from shared.records.seen import seen_id

WINDOW = 24 * 3600.0 - 30
"""Seconds after a person's message in which WhatsApp takes free text, less a send's own time."""

PARKED = 7 * 86_400.0
"""Seconds that a message waits for the person to write again."""

LOOK_AGAIN = 3600.0
"""Seconds after which a parked message is looked at; the person's next message does it at once."""

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


def verdict(bot: Bot, conversation: Conversation | None, effect: Send, now: float) -> Verdict:
    """Return what the bot declares for one message, by what is known of its conversation.

    Where a bot that may speak would find the window shut, that decides.
    """
    asked, spoke = effect.asked, conversation.spoke if conversation else 0.0
    muted_at = conversation.muted_at if conversation and conversation.muted else 0.0
    found = IN_TIME
    if (asked or effect.made) < muted_at:
        found = Verdict("taken_over", bot.late.taken_over)
    elif 0 < asked < spoke and now - asked > bot.late.moved_on_minutes * 60:
        found = Verdict("moved_on", bot.late.moved_on)
    if found.done == "drop" or not _needs_window(effect) or _is_open(conversation, effect, now):
        return found
    whatsapp = bot.channels.whatsapp
    template = "template" if whatsapp and whatsapp.template else "park"
    done = bot.late.window or template
    return Verdict("window", "park" if done == "template" and effect.templated else done)


async def judge(fabric: Fabric, key: str, effect: Send) -> Verdict:
    """Return the verdict on an effect that is about to be sent.

    Raises PermanentError when it was parked too long.
    """
    now, turn = time(), effect.working
    if turn and await fabric.store.get(key, seen_id(turn)) is not None:
        return Verdict("answered", "drop")
    quick = now - (effect.asked or effect.made) < QUICK and not effect.refused_at
    if quick and (effect.asked or not _needs_window(effect)):
        return IN_TIME
    bot = fabric.bots.get(effect.bot)
    if bot is None:
        return IN_TIME
    conversation = await stored(fabric.store, key)
    found = verdict(bot, conversation, effect, now)
    if found.done == "park" and now - effect.made > PARKED:
        if effect.templated:
            return Verdict("window", "drop")
        raise PermanentError("window_shut", "the person did not write again")
    if found.done == "prefix" and await _is_prefixed(fabric, key, effect, found.case):
        return Verdict(found.case)
    if found.done == "prefix":
        language = conversation.language if conversation else ""
        return replace(found, language=language or DEFAULT)
    return found


def worded(fabric: Fabric, found: Verdict, effect: Send) -> Activity:
    """Return what is sent instead; a message without room for the prefix stays as it is."""
    activity, reference = effect.activity, effect.reference
    bot = fabric.bots.get(reference.bot)
    whatsapp = bot.channels.whatsapp if bot else None
    if found.done == "template" and whatsapp:
        template = {"name": whatsapp.template, "language": {"code": whatsapp.template_language}}
        data = {"whatsapp": {"template": template}}
        return Activity(type="message", id=f"{activity.id}.template", channelData=data)
    if found.done == "prefix":
        gap = "\n\n" if "\n" in activity.text else " "
        prefix = phrase(found.language, "platform.earlier")
        longer = Activity(activity, text=f"{prefix}{gap}{activity.text}".rstrip())
        if len(fabric.channel(reference.channel).split(longer)) == 1:
            return longer
    return activity


def ops(found: Verdict, effect: Send) -> list[Op]:
    """Return what is written of it: the effect goes, or waits for the person; and the record.

    A template asks the person to write; the answer itself goes out when that has happened. What
    waits is guarded by its etag: another process may have sent it meanwhile.
    """
    record = [] if not found.case or effect.shut else [recorded(found, effect.id)]
    if not found.waits:
        return [effect.delete(), *record]
    waiting = effect.parked(time() + LOOK_AGAIN, templated=found.done == "template")
    return [waiting.put(), *record]


def recorded(found: Verdict, effect: str) -> Put:
    body = {"case": found.case, "done": found.done, "at": time()}
    return Put(f"late:{effect}:{found.case}", body, ttl=REMEMBERED)


def tell(found: Verdict, key: str, effect: str) -> None:
    if found.case:
        log.info("late", conversation=key, id=effect, case=found.case, done=found.done)


async def reopened(fabric: Fabric, key: str, effect: Send) -> bool:
    """Tell whether what is parked because of the window can go now."""
    if not effect.is_shut:
        return False
    conversation = await stored(fabric.store, key)
    return conversation is not None and _is_open(conversation, effect, time())


def interrupted(bot: Bot, conversation: Conversation, event: Event) -> Verdict | None:
    """The verdict on what a turn says while muted, when its question came before that."""
    if conversation.muted and 0 < event.asked() < conversation.muted_at:
        return Verdict("taken_over", bot.late.taken_over)
    return None


def _is_open(conversation: Conversation | None, effect: Send, now: float) -> bool:
    spoke = conversation.spoke if conversation else 0.0
    return now - spoke <= WINDOW and spoke > effect.refused_at


def _needs_window(effect: Send) -> bool:
    data = effect.activity.channel_data.get("whatsapp")
    template = isinstance(data, dict) and data.get("template")
    return effect.reference.channel == "whatsapp" and not template


async def _is_prefixed(fabric: Fabric, key: str, effect: Send, case: str) -> bool:
    """Tell whether an earlier part of the same answer has the prefix."""
    work, _, part = effect.id.rpartition(".")
    if not part.isdigit() or int(part) == 0:
        return False
    return await fabric.store.get(key, f"late:{work}.{int(part) - 1}:{case}") is not None
