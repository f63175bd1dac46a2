"""Facts find the skills that hear them: by subscription, conversation and subject."""

from collections.abc import Sequence
from dataclasses import replace

from shared.errors import TransientError
from shared.event import MAX_HOPS, Event, event_id, utc_now
from shared.fabric import Fabric
from shared.observability import conventions as names
from shared.observability import log, trace
from shared.pipeline.outbox import webhooks
from shared.pipeline.turns.bury import bury_body
from shared.pipeline.turns.manifest import manifest_for
from shared.pipeline.turns.spans import receiving
from shared.ports.store import Delete, Put, every
from shared.queues import EVENTS, skill_queue
from shared.records.conversation import DOCUMENT

FOLLOWED = 180 * 86_400
"""Seconds that a conversation hears facts about a subject it has named."""


async def fan_out(fabric: Fabric, body: str) -> None:
    """Send a fact to every skill that hears its type, and to every webhook, once each.

    It goes to the conversation that caused it. A fact about a subject goes as well to every
    conversation that caused a fact about that subject before, so that news from outside
    reaches the person who asked; of other bots where its scope names them. Ids derive from the
    fact's, so copies are dropped.
    """
    try:
        fact = Event.from_json(body)
    except ValueError as error:
        await bury_body(fabric, body, "not_an_event", str(error), queue=EVENTS)
        return
    if fact.hops > MAX_HOPS:
        await bury_body(fabric, body, "too_many_hops", queue=EVENTS)
        return
    told = names.message(fabric.bus_system, "process", EVENTS, fact.id, fact.conversation)
    with (
        receiving(fabric, EVENTS, fact),
        trace.span(fact.traceparent, f"fact {fact.type}", **told),
    ):
        targets = await _targets(fabric, fact)
        sent = 0
        for conversation, bot_id in targets.items():
            for name in await _skills(fabric, bot_id, conversation):
                if fact.type in fabric.skills[name].events:
                    copy = replace(
                        fact,
                        id=event_id(fact.source, fact.id, conversation, name),
                        bot=bot_id,
                        conversation=conversation,
                        cause=fact.id,
                        hops=fact.hops + 1,
                        time=utc_now(),
                    )
                    await _send(fabric, skill_queue(name), copy)
                    sent += 1
        outside = await webhooks.enqueue(fabric, fact)
        log.info(
            "fact", type=fact.type, id=fact.id, subject=fact.subject, sent=sent, outside=outside
        )


async def _send(fabric: Fabric, queue: str, copy: Event) -> None:
    told = names.message(fabric.bus_system, "send", queue, copy.id, copy.conversation)
    with trace.step(f"enqueue {queue}", **told):
        await fabric.bus.send(queue, copy.under(trace.traceparent()))


async def given_up(
    fabric: Fabric, body: str, reason: str, detail: str = "", *, queue: str = ""
) -> None:
    """Record what the broker gave up in `queue`; a fact is sent to those who hear it first.

    Its deliveries may all have done so and only not been settled. Copies are dropped, so what
    then ends well has not ended at all.
    """
    if queue == EVENTS and Event.read(body) is not None:
        try:
            await fan_out(fabric, body)
        except TransientError:
            raise
        except Exception:
            log.error("fact.failed", exc_info=True)
        else:
            return
    await bury_body(fabric, body, reason, detail, queue=queue)


async def _skills(fabric: Fabric, bot_id: str, conversation: str) -> Sequence[str]:
    """Those of the bot, as that conversation has it; none of a bot that is not here."""
    bot = fabric.bots.get(bot_id)
    return (await manifest_for(fabric, bot, conversation))[1].skills if bot else ()


async def _targets(fabric: Fabric, fact: Event) -> dict[str, str]:
    """Conversation key -> bot id."""
    targets = {fact.conversation: fact.bot} if fact.conversation else {}
    if fact.subject:
        partition = f"subject:{event_id(fact.subject)}"
        if fact.conversation:
            follower = Put(f"follower:{fact.conversation}", {"bot": fact.bot}, ttl=FOLLOWED)
            await fabric.store.write(partition, follower)
        async for item in every(fabric.store, "follower:", partition):
            conversation = item.id.removeprefix("follower:")
            if conversation in targets or not fact.reaches(item.body["bot"]):
                continue
            if await fabric.store.get(conversation, DOCUMENT):
                targets[conversation] = item.body["bot"]
            else:  # its time is over
                await fabric.store.write(partition, Delete(item.id), durable=False)
    return targets
