"""An operator answers somebody who waits for a person, or lets the bot take over again."""

from dataclasses import dataclass
from functools import partial
from time import time

from shared.activity import Activity
from shared.dialogue.phrases import phrase
from shared.errors import PermanentError
from shared.event import Event, event_id, utc_now
from shared.fabric import Fabric
from shared.governance.audit import Operator
from shared.operations.deeds.record import on_record
from shared.operations.reports.waiting import item_of
from shared.pipeline.door.returns import bring_back
from shared.pipeline.outbox import effects
from shared.pipeline.outbox.deliver import wake
from shared.records.change import undisturbed
from shared.records.conversation import load
from shared.records.seen import seen_with
from shared.records.waiting import Waiting

MAX_ANSWER = 4000


@dataclass(frozen=True, slots=True)
class Done:
    """What became of it: the conversation, and the request it belongs to."""

    key: str
    id: str


async def answer(fabric: Fabric, who: Operator, key: str, text: str) -> Done:
    """Say `text` to the person, on their channel; from then on the bot is silent.

    Raises PermanentError when nobody waits there, or the text is empty or too long.
    """
    said = text.strip()
    if not said or len(said) > MAX_ANSWER:
        raise PermanentError("no_text", f"write 1 to {MAX_ANSWER} characters")
    waiting = Waiting.of((await item_of(fabric, key)).body)
    target = {"conversation": key, "bot": waiting.bot, "request": waiting.id}
    id = event_id("answer", key, waiting.id, utc_now())
    answered = partial(undisturbed, partial(_answer, fabric, key, id, said))
    await on_record(fabric, who, "answer", target, answered)
    return Done(key, waiting.id)


async def give_back(fabric: Fabric, who: Operator, key: str) -> Done:
    """Let the bot take over again. Raises PermanentError when nobody waits there."""
    item = await item_of(fabric, key)
    waiting = Waiting.of(item.body)
    target = {"conversation": key, "bot": waiting.bot, "request": waiting.id}
    await on_record(fabric, who, "return", target, lambda: bring_back(fabric, item, "closed"))
    return Done(key, waiting.id)


async def _answer(fabric: Fabric, key: str, id: str, text: str) -> None:
    """Commit the words with what is known of the request; who works the outbox sends them."""
    event = Event(id, "handoff.answered", conversation=key, origin=id, time=utc_now())
    now = time()
    waiting = Waiting.of((await item_of(fabric, key)).body)
    conversation = await load(fabric.store, event)
    bot = fabric.bots.get(waiting.bot)
    if bot is None:
        raise PermanentError("unknown_bot", f"no manifest for {waiting.bot}")
    later = now + bot.handoff.return_after_minutes * 60
    waiting = waiting.heard("colleague", text, now).until(max(later, waiting.return_at))
    conversation.state[waiting.skill] = {"waiting": waiting.to_dict()}
    if not conversation.muted:
        conversation.muted, conversation.muted_at = True, now
    conversation.floor = waiting.skill
    limits = fabric.channel(conversation.reference.channel).limits
    slot = conversation.pace.reserve(limits, now)
    said = _by_colleague(text, conversation.language)
    effect = effects.send_effect(conversation, effects.Cause.of(event), "0", said, slot)
    free = effect.released(now)
    said_so = {"at": now, "skill": waiting.skill, "type": "answer", "text": ""}
    said_so["replies"] = [text]
    marks = seen_with(event, {}, said_so, days=bot.retention.transcript_days)
    await fabric.store.write(key, conversation.to_op(), waiting.to_op(), *marks, free.create())
    await wake(fabric, key, free, slot)


def _by_colleague(text: str, language: str) -> Activity:
    """A message that the page shows as a person's, with a word about who is there."""
    shown = {
        "text": phrase(language, "handoff.banner-answered"),
        "button": phrase(language, "handoff.back-button"),
    }
    colleague = phrase(language, "handoff.colleague")
    return Activity(type="message", text=text, fabricColleague=colleague, fabricWaiting=shown)
