"""Nouns to blueprints: a skill to its queue and HTTP functions, a channel to its webhook.

Picks the queue trigger by the scheme of the bus, and holds this process' fabric. The embedded
bus has the semantics of Service Bus, so both are indexed as Service Bus triggers.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from functools import cache

import azure.functions as func

from shared import calls, intake, pipeline, receipts
from shared.errors import Rejected, TransientError
from shared.fabric import Fabric
from shared.observability import log, trace
from shared.ports import Received, Request
from shared.settings import Settings
from shared.skill import Skill

SKILLS: dict[str, Skill] = {}
"""Every skill that has a blueprint, by name."""

LONGEST_PAUSE = 30.0
"""Seconds; ten deliveries then last about a minute and a half."""

QueueHandler = Callable[[str, int], Awaitable[None]]


@cache
def fabric() -> Fabric:
    """This process' fabric."""
    return Fabric(Settings.from_environ(), SKILLS)


def skill_blueprint(skill: Skill) -> func.Blueprint:
    """The functions of one skill: `skill_<name>` on its queue, `skill_<name>_http` as an API."""
    SKILLS[skill.name] = skill
    blueprint = func.Blueprint()
    function = f"skill_{skill.name.replace('-', '_')}"

    async def work(body: str, count: int) -> None:
        await pipeline.work(fabric(), skill, body, count)

    queue_function(blueprint, function, f"skill-{skill.name}", work)

    @blueprint.function_name(f"{function}_http")
    @blueprint.route(f"skills/{skill.name}", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
    async def call(req: func.HttpRequest) -> func.HttpResponse:
        async def answer() -> func.HttpResponse:
            return json_response(await calls.call(fabric(), skill, req.get_body()))

        return await responding(f"{function}_http", answer)

    return blueprint


def queue_function(blueprint: func.Blueprint, name: str, queue: str, handler: QueueHandler) -> None:
    """Register `handler(body, delivery count)` for a queue of whatever bus is configured."""

    async def handle(msg: func.ServiceBusMessage) -> None:
        body = msg.get_body().decode("utf-8", "replace")
        await handler(body, msg.delivery_count or 1)

    service_bus_function(blueprint, name, queue, handle)


def service_bus_function(
    blueprint: func.Blueprint,
    name: str,
    queue: str,
    handle: Callable[[func.ServiceBusMessage], Awaitable[None]],
    *,
    sessions: bool = True,
) -> None:
    """Register `handle`. What it raises abandons the message after a pause that grows.

    The broker delivers an abandoned message again at once, and an outage of a minute must not
    use up its deliveries.
    """

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
        except Exception as error:
            longest = LONGEST_PAUSE if isinstance(error, TransientError) else 1.0
            await asyncio.sleep(min(0.05 * 2 ** (msg.delivery_count or 1), longest))
            raise


def request_of(req: func.HttpRequest) -> Request:
    return Request(
        method=req.method,
        path=req.route_params,
        query=req.params,
        headers={name.lower(): value for name, value in req.headers.items()},
        body=req.get_body(),
    )


async def take_in(received: Received) -> None:
    """Enqueue and record what a webhook held; on return it may be acknowledged."""
    await intake.accept(fabric(), received.activities)
    for receipt in received.receipts:
        await receipts.record_receipt(fabric(), receipt)
    for reason in received.ignored:
        log.info("webhook.ignored", reason=reason)


async def responding(
    name: str, answer: Callable[[], Awaitable[func.HttpResponse]], traceparent: str = ""
) -> func.HttpResponse:
    """Run a webhook's work under a span, and turn what is refused into a constant small body."""
    with trace.span(traceparent):
        try:
            return await answer()
        except Rejected as refusal:
            log.warning(
                "webhook.rejected", function=name, status=refusal.status, reason=refusal.reason
            )
            return refused(refusal.status)
        except TransientError as error:
            log.error("webhook.unavailable", function=name, reason=str(error))
            return refused(503)


_WORDS = {
    400: "bad request",
    401: "unauthorized",
    403: "forbidden",
    404: "not found",
    405: "method not allowed",
    409: "conflict",
    413: "too large",
    415: "unsupported media type",
    429: "too many requests",
    431: "header too large",
    501: "not implemented",
    503: "unavailable, try again",
}


def refused(status: int) -> func.HttpResponse:
    return json_response({"error": _WORDS.get(status, "refused")}, status)


def json_response(body: object, status: int = 200) -> func.HttpResponse:
    return func.HttpResponse(
        json.dumps(body, ensure_ascii=False), status_code=status, mimetype="application/json"
    )
