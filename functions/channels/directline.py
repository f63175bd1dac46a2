"""Direct Line 3.0: the seven routes that Microsoft's web clients and our chat page call."""

import secrets
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import azure.functions as func

from functions.host import fabric
from functions.http import json_response, request_of, responding
from functions.triggers import take_in

if TYPE_CHECKING:
    from shared.channels.directline.channel import DirectLineChannel
    from shared.ports.channel import Inbound, Request

bp = func.Blueprint()

Answer = tuple[int, dict[str, Any]]
Operation = Callable[["DirectLineChannel", "Request"], Awaitable[Answer]]

_CODES = {
    400: "BadArgument",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    413: "MessageSizeTooBig",
    415: "BadArgument",
    429: "TooManyRequests",
    503: "ServiceUnavailable",
}


@bp.function_name("directline_generate")
@bp.route(
    "v3/directline/tokens/generate",
    methods=["POST", "OPTIONS"],
    auth_level=func.AuthLevel.ANONYMOUS,
)
async def generate(req: func.HttpRequest) -> func.HttpResponse:
    async def operation(channel: "DirectLineChannel", request: "Request") -> Answer:
        return 200, await channel.access.generate(request)

    return await _serve(req, "directline_generate", operation)


@bp.function_name("directline_refresh")
@bp.route(
    "v3/directline/tokens/refresh",
    methods=["POST", "OPTIONS"],
    auth_level=func.AuthLevel.ANONYMOUS,
)
async def refresh(req: func.HttpRequest) -> func.HttpResponse:
    async def operation(channel: "DirectLineChannel", request: "Request") -> Answer:
        return 200, await channel.access.refresh(request)

    return await _serve(req, "directline_refresh", operation)


@bp.function_name("directline_conversations")
@bp.route(
    "v3/directline/conversations",
    methods=["POST", "OPTIONS"],
    auth_level=func.AuthLevel.ANONYMOUS,
)
async def conversations(req: func.HttpRequest) -> func.HttpResponse:
    async def operation(channel: "DirectLineChannel", request: "Request") -> Answer:
        from shared.ports.channel import Received

        first, conversation = await channel.start(request)
        bot, opening = await channel.opening(request)
        skills = [fabric().skills[name] for name in bot.skills]
        if any(opening.activity.type in skill.activities for skill in skills):
            await take_in(Received([opening]))
        return 201 if first else 200, conversation

    return await _serve(req, "directline_conversations", operation)


@bp.function_name("directline_conversation")
@bp.route(
    "v3/directline/conversations/{conversation}",
    methods=["GET", "OPTIONS"],
    auth_level=func.AuthLevel.ANONYMOUS,
)
async def conversation(req: func.HttpRequest) -> func.HttpResponse:
    async def operation(channel: "DirectLineChannel", request: "Request") -> Answer:
        return 200, await channel.resume(request)

    return await _serve(req, "directline_conversation", operation)


@bp.function_name("directline_activities")
@bp.route(
    "v3/directline/conversations/{conversation}/activities",
    methods=["GET", "POST", "OPTIONS"],
    auth_level=func.AuthLevel.ANONYMOUS,
)
async def activities(req: func.HttpRequest) -> func.HttpResponse:
    async def operation(channel: "DirectLineChannel", request: "Request") -> Answer:
        if request.method == "GET":
            return 200, await channel.poll(request)
        return await _post(channel, request)

    return await _serve(req, "directline_activities", operation)


@bp.function_name("directline_upload")
@bp.route(
    "v3/directline/conversations/{conversation}/upload",
    methods=["POST", "OPTIONS"],
    auth_level=func.AuthLevel.ANONYMOUS,
)
async def upload(req: func.HttpRequest) -> func.HttpResponse:
    return await _serve(req, "directline_upload", _post)


@bp.function_name("directline_session")
@bp.route(
    "v3/directline/session/getsessionid",
    methods=["GET", "OPTIONS"],
    auth_level=func.AuthLevel.ANONYMOUS,
)
async def session(req: func.HttpRequest) -> func.HttpResponse:
    async def operation(channel: "DirectLineChannel", request: "Request") -> Answer:
        return 200, await channel.session(request)

    return await _serve(req, "directline_session", operation)


async def _post(channel: "DirectLineChannel", request: "Request") -> Answer:
    """Echo first, then enqueue: a client that must send again finds its message once."""
    from shared.channels.thumbs import is_vote
    from shared.pipeline.door import crowd

    received = await channel.receive(request)
    for inbound in received.activities:
        await crowd.admit(fabric(), inbound)
        if is_vote(inbound.activity):
            await _vote(channel, inbound)
            return 200, {"id": inbound.activity.id}
        if inbound.files:
            await _keep(inbound)
        await channel.record(inbound)
    await take_in(received)
    ids = [inbound.activity.id for inbound in received.activities]
    return 200, {"id": ids[0] if ids else secrets.token_hex(16)}


async def _vote(channel: "DirectLineChannel", inbound: "Inbound") -> None:
    """Count it, then echo it, so that the page knows it again after a reload.

    Raises Rejected 400 for what is no vote, or is about nothing that the bot said here.
    """
    from shared.errors import Rejected
    from shared.pipeline.door import calls

    if not await channel.answers(inbound):
        raise Rejected(400, "vote_about_nothing")
    if await calls.invoke(fabric(), inbound) is None:
        raise Rejected(400, "not_a_vote")
    await channel.record(inbound)


async def _keep(inbound: "Inbound") -> None:
    """Store what was uploaded; a message without files does not meet what does that."""
    from shared.pipeline.door.uploads import keep

    await keep(fabric(), inbound)


async def _serve(req: func.HttpRequest, name: str, operation: Operation) -> func.HttpResponse:
    """Answer with the CORS headers of the asking page, and errors in Direct Line's shape."""
    channel, request = fabric().web, request_of(req)
    permission = channel.access.cors(request)

    async def answer() -> func.HttpResponse:
        if request.method == "OPTIONS":
            return func.HttpResponse(status_code=204)
        status, body = await operation(channel, request)
        return json_response(body, status)

    response = await responding(name, answer, request.headers.get("traceparent", ""))
    if code := _CODES.get(response.status_code):
        again = response.headers.get("Retry-After")
        error = {"code": code, "message": code}
        response = json_response({"error": error}, response.status_code)
        if again:
            permission |= {"Retry-After": again, "Access-Control-Expose-Headers": "Retry-After"}
    response.headers.update({"Cache-Control": "no-store", **permission})
    return response
