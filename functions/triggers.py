"""Nouns to blueprints: a skill to its queue and HTTP functions, a queue to its trigger.

Picks the trigger by the scheme of the bus. The embedded bus has the semantics of Service Bus,
so both are indexed as Service Bus triggers. What a message needs is imported when one comes: a
process pays for the functions that it runs, not for those that it has.
"""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import azure.functions as func

from functions.arrival import arriving
from functions.backpressure import Backpressure
from functions.counted import counted, write_down
from functions.host import ELSEWHERE, FURTHER, SKILLS, fabric
from functions.http import bug, json_response, responding
from shared.errors import FabricError, TransientError
from shared.migration import FIRST_VERSION
from shared.observability.failure import HandlerFailed
from shared.queues import skill_queue
from shared.settings import bus_scheme
from shared.skill import Skill

if TYPE_CHECKING:
    from shared.ports.channel import Received

POISON = "MaxDequeueCountExceeded"
"""Why the host moved a message to a poison queue, which keeps no reason."""

QueueHandler = Callable[[str, int], Awaitable[None]]


async def take_in(received: "Received") -> None:
    """Enqueue and record what a webhook held; on return it may be acknowledged."""
    from shared.observability import log
    from shared.pipeline.door import accept, receipts

    await accept.accept(fabric(), received.activities)
    for receipt in received.receipts:
        await receipts.record_receipt(fabric(), receipt)
    for reason in received.ignored:
        log.info("webhook.ignored", reason=reason)
    write_down(fabric())


def skill_blueprint(skill: Skill) -> func.Blueprint:
    """The functions of one skill: `skill_<name>` on its queue, `skill_<name>_http` as an API.

    None where its queue is another app's: here it only answers invokes, beside the channel. A
    further version has none of its own: it works off the queue of the first.
    """
    blueprint = func.Blueprint()
    if skill.version != FIRST_VERSION:
        FURTHER.setdefault(skill.name, {})[skill.version] = skill
        return blueprint
    SKILLS[skill.name] = skill
    if skill.name in ELSEWHERE:
        return blueprint
    function = f"skill_{skill.name.replace('-', '_')}"

    async def work(body: str, count: int) -> None:
        from shared.pipeline.turns import settle

        await settle.work(fabric(), skill, body, count)

    queue_function(blueprint, function, skill_queue(skill.name), work)

    @blueprint.function_name(f"{function}_http")
    @blueprint.route(f"skills/{skill.name}", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
    async def call(req: func.HttpRequest) -> func.HttpResponse:
        async def answer() -> func.HttpResponse:
            from shared.pipeline.door import calls

            key = req.headers.get("x-functions-key") or req.params.get("code", "")
            return json_response(await calls.call(fabric(), skill, req.get_body(), key=key))

        return await responding(f"{function}_http", answer)

    return blueprint


def queue_function(
    blueprint: func.Blueprint,
    name: str,
    queue: str,
    handler: QueueHandler,
    *,
    sessions: bool = True,
) -> None:
    """Register `handler(body, delivery count)` for a queue of whatever bus is configured.

    A body that was too large for its message is fetched before, and removed once the handler
    is done with it. What the host gives up is recorded, so that no message ends unseen: here
    for a Storage Queue, in `platform/dead_letters` for the others.
    """

    async def handle(body: str, count: int) -> None:
        from shared.pipeline.door import claims

        with counted(name, deliveries=1):
            async with claims.redeemed(fabric(), body) as whole:
                await handler(whole, count)
        write_down(fabric())

    if bus_scheme() == "storagequeue":
        _storage_queue_function(blueprint, name, queue, handle)

        async def bury(body: str, count: int) -> None:
            from shared.event import Event
            from shared.pipeline.door import facts

            reason = POISON if Event.read(body) else "not_an_event"
            await facts.given_up(fabric(), body, reason, queue=queue)

        _storage_queue_function(blueprint, f"{name}_poison", f"{queue}-poison", bury)
        return

    async def receive(msg: func.ServiceBusMessage) -> None:
        with arriving(msg.enqueued_time_utc, msg.application_properties):
            await handle(msg.get_body().decode("utf-8", "replace"), msg.delivery_count or 1)

    service_bus_function(blueprint, name, queue, receive, sessions=sessions)


def service_bus_function(
    blueprint: func.Blueprint,
    name: str,
    queue: str,
    handle: Callable[[func.ServiceBusMessage], Awaitable[None]],
    *,
    sessions: bool = True,
) -> None:
    """Register `handle`. What it raises abandons the message, after a pause or an outage."""
    backpressure = Backpressure()

    @blueprint.function_name(name)
    @blueprint.service_bus_queue_trigger(
        arg_name="msg",
        queue_name=queue,
        connection="ServiceBusConnection",
        is_sessions_enabled=sessions,
    )
    async def run(msg: func.ServiceBusMessage) -> None:
        try:
            await handle(msg)
        except (FabricError, HandlerFailed) as error:
            await backpressure.hold(error, msg.delivery_count or 1)
            raise
        except Exception as error:
            await backpressure.hold(error, msg.delivery_count or 1)
            raise bug(error, name) from None


def _storage_queue_function(
    blueprint: func.Blueprint, name: str, queue: str, handle: QueueHandler
) -> None:
    """Register `handle`. What it raises shows the message again, after host.json's pause or an
    outage.
    """

    @blueprint.function_name(name)
    @blueprint.queue_trigger(arg_name="msg", queue_name=queue, connection="AzureWebJobsStorage")
    async def run(msg: func.QueueMessage) -> None:
        count = msg.dequeue_count or 1
        try:
            with arriving(msg.insertion_time):
                await handle(msg.get_body().decode("utf-8", "replace"), count)
        except TransientError:
            from shared.pipeline.turns.outage import sit_out

            await sit_out(fabric().store, count)
            raise
        except (FabricError, HandlerFailed):
            raise
        except Exception as error:
            raise bug(error, name) from None
