"""The messaging endpoint of each bot on Teams (Bot Framework activities)."""

from typing import TYPE_CHECKING

import azure.functions as func

from functions.host import fabric
from functions.http import json_response, refused, request_of, responding
from functions.triggers import take_in

if TYPE_CHECKING:
    from shared.ports.channel import Inbound, Received

bp = func.Blueprint()


@bp.function_name("teams")
@bp.route("teams/{bot}", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
async def teams(req: func.HttpRequest) -> func.HttpResponse:
    async def answer() -> func.HttpResponse:
        received = await fabric().teams.receive(request_of(req))
        for inbound in received.activities:
            if inbound.activity.type == "invoke":
                return await _invoked(received, inbound)
            if inbound.activity.get("deliveryMode") == "expectReplies":
                from shared.pipeline.door import calls

                replies = await calls.converse(fabric(), inbound)
                return json_response({"activities": replies})
        await take_in(received)
        return func.HttpResponse(status_code=202)

    return await responding("teams", answer, req.headers.get("traceparent", ""))


async def _invoked(received: "Received", inbound: "Inbound") -> func.HttpResponse:
    """Answer what Teams waits for in the response to its post."""
    from shared.pipeline.door import calls, sign_in_invokes

    if calls.waits_in_queue(fabric(), inbound):
        await take_in(received)
        return func.HttpResponse(status_code=200)
    if sign_in_invokes.are_ours(inbound):
        signed = await sign_in_invokes.answer(fabric(), inbound)
        if signed.body is None:
            return func.HttpResponse(status_code=signed.status)
        return json_response(signed.body, signed.status)
    answered = await calls.invoke(fabric(), inbound)
    if answered is None:
        return refused(501)
    return json_response(answered) if answered else func.HttpResponse(status_code=200)
