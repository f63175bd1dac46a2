"""Facts from systems outside, as CloudEvents over HTTP."""

import azure.functions as func

from functions.host import fabric
from functions.http import json_response, refused, request_of, responding

bp = func.Blueprint()


@bp.function_name("events_in")
@bp.route("events/in", methods=["POST", "OPTIONS"], auth_level=func.AuthLevel.ANONYMOUS)
async def events_in(req: func.HttpRequest) -> func.HttpResponse:
    """202 when the facts are durable; OPTIONS agrees to be sent events, as CloudEvents asks."""

    async def answer() -> func.HttpResponse:
        from shared.pipeline.door.events_in import MAX_EVENTS, take_events

        request = request_of(req)
        if req.method == "OPTIONS":
            origin = request.headers.get("webhook-request-origin", "")
            if not origin.isascii() or not origin.isprintable() or len(origin) > 255 or not origin:
                return refused(400)
            headers = {"WebHook-Allowed-Origin": origin, "WebHook-Allowed-Rate": str(MAX_EVENTS)}
            return func.HttpResponse(status_code=200, headers=headers)
        if req.method != "POST":
            return refused(405)
        return json_response({"accepted": await take_events(fabric(), request)}, 202)

    return await responding("events_in", answer, req.headers.get("traceparent", ""))
