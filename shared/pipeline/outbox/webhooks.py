"""Facts to systems outside: a copy for each webhook, tried for two days, then a dead letter."""

import time
from collections.abc import Iterator
from dataclasses import replace

from shared.errors import PermanentError, TransientError, Unavailable
from shared.event import Event, event_id
from shared.fabric import Fabric
from shared.integrations.webhook import post
from shared.manifest.webhooks import Outgoing, covers
from shared.observability import conventions as names
from shared.observability import log, trace
from shared.queues import WEBHOOKS

PAUSES_SECONDS = (10, 60, 300, 1800, 7200, 21_600, 43_200, 86_400)
"""Between two attempts; after the last one the copy is a dead letter."""

LONGEST_PAUSE_SECONDS = 86_400


async def enqueue(fabric: Fabric, fact: Event) -> int:
    """Put a copy of a fact into the queue for every webhook that wants it. Return how many."""
    copies = list(copies_of(fact, fabric.webhooks.webhook))
    for copy in copies:
        told = names.message(fabric.bus_system, "send", WEBHOOKS, copy.id)
        with trace.step(f"enqueue {WEBHOOKS}", **told):
            await fabric.bus.send(WEBHOOKS, copy.under(trace.traceparent()))
    return len(copies)


def copies_of(fact: Event, webhooks: list[Outgoing]) -> Iterator[Event]:
    """Ids derive from the fact's, so that a fact that is fanned out twice goes out once."""
    for webhook in webhooks:
        if covers(webhook.facts, fact.type) and (not webhook.bots or fact.bot in webhook.bots):
            yield replace(
                fact,
                id=event_id(fact.source, fact.id, "webhook", webhook.name),
                data={"webhook": webhook.name, "fact": fact.to_dict()},
                conversation="",
                origin="",
                cause=fact.id,
                attempt=0,
            )


async def deliver(fabric: Fabric, copy: Event) -> None:
    """Send one copy; what fails is sent again later, under the same `webhook-id`.

    Raises PermanentError when there is no such webhook, it is gone (410), or it has failed for
    the last time.
    """
    declared = {webhook.name: webhook for webhook in fabric.webhooks.webhook}
    webhook = declared.get(str(copy.data.get("webhook")))
    if webhook is None:
        raise PermanentError("webhook_unknown", "it is not in webhooks.toml any more")
    try:
        await _send(fabric, webhook, copy)
    except TransientError as error:
        if copy.attempt >= len(PAUSES_SECONDS):
            raise PermanentError("webhook_failed", str(error)) from error
        pause = pause_seconds(copy.attempt, error.after)
        await fabric.bus.send(WEBHOOKS, copy.retry("webhook", str(error)), delay=pause)
        log.warning("webhook.waits", webhook=webhook.name, id=copy.work_id, attempt=copy.attempt)
    else:
        log.info("webhook.sent", webhook=webhook.name, id=copy.work_id, attempt=copy.attempt)


def pause_seconds(attempt: int, after: float | None) -> float:
    """Seconds until the next attempt; what the receiver asks for counts, up to a day."""
    return max(PAUSES_SECONDS[attempt], min(after or 0, LONGEST_PAUSE_SECONDS))


async def _send(fabric: Fabric, webhook: Outgoing, copy: Event) -> None:
    fact = Event.from_dict(copy.data["fact"])
    given = await fabric.secrets.get(webhook.secret)
    secrets = [secret for secret in map(str.strip, given.split(",")) if secret]
    now = int(time.time())
    answer = await post(fabric.http, webhook.url, copy.work_id, fact, secrets, now=now)
    if 200 <= answer.status < 300:
        return
    if answer.status == 410:
        raise PermanentError("webhook_gone", f"{webhook.name} answers 410")
    raise Unavailable(f"webhook {webhook.name} answers {answer.status}", after=answer.retry_after)
