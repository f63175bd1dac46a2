"""What Azure Web PubSub tells of the web channel's sockets: who has connected."""

import azure.functions as func

from functions.host import fabric
from functions.http import request_of, responding
from shared.errors import Rejected

bp = func.Blueprint()


@bp.function_name("directline_stream")
@bp.route("v3/directline/stream", methods=["POST", "OPTIONS"], auth_level=func.AuthLevel.FUNCTION)
async def stream(req: func.HttpRequest) -> func.HttpResponse:
    request = request_of(req)

    async def answer() -> func.HttpResponse:
        from shared.channels.directline.web_pubsub import WebPubSub

        channel = fabric().web
        streams = channel.streams
        if not isinstance(streams, WebPubSub):
            raise Rejected(404, "no_stream_service")
        if request.method == "OPTIONS":
            return func.HttpResponse(headers={"WebHook-Allowed-Origin": streams.host})
        if joined := streams.joined(request.headers):
            connection, conversation, watermark = joined
            activities, last = await channel.after(conversation, watermark)
            if activities:
                await streams.greet(connection, activities, last)
        return func.HttpResponse(status_code=204)

    return await responding("directline_stream", answer, request.headers.get("traceparent", ""))
