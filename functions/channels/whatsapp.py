"""Meta's webhook: the verification handshake, and updates for every number of the app."""

import azure.functions as func

from functions.host import fabric
from functions.http import refused, request_of, responding
from functions.triggers import take_in

bp = func.Blueprint()


@bp.function_name("whatsapp")
@bp.route("whatsapp", methods=["GET", "POST"], auth_level=func.AuthLevel.ANONYMOUS)
async def whatsapp(req: func.HttpRequest) -> func.HttpResponse:
    async def answer() -> func.HttpResponse:
        channel = fabric().whatsapp
        if req.method == "GET":
            return func.HttpResponse(
                channel.verify(req.params),
                mimetype="text/plain",
                headers={"X-Content-Type-Options": "nosniff"},
            )
        if req.method != "POST":
            return refused(405)
        await take_in(await channel.receive(request_of(req)))
        return func.HttpResponse(status_code=200)

    return await responding("whatsapp", answer)
