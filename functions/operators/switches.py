"""The kill switch for operators over HTTP: stop or start a bot or a skill, see what is stopped."""

import azure.functions as func

from functions.http import json_response, operator_of, responding
from functions.triggers import fabric
from shared.errors import PermanentError, Rejected
from shared.governance.limits.switches import KINDS
from shared.operations.deeds import operations
from shared.parse import json_object

LARGEST = 10_000
"""Bytes of a request."""

bp = func.Blueprint()


@bp.function_name("stop")
@bp.route("stop", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
async def stop(req: func.HttpRequest) -> func.HttpResponse:
    return await _turn(req, "stop")


@bp.function_name("start")
@bp.route("start", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
async def start(req: func.HttpRequest) -> func.HttpResponse:
    return await _turn(req, "start")


@bp.function_name("stopped")
@bp.route("stopped", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
async def stopped(req: func.HttpRequest) -> func.HttpResponse:
    return await responding("stopped", _stopped, req.headers.get("traceparent", ""))


async def _turn(req: func.HttpRequest, action: str) -> func.HttpResponse:
    async def answer() -> func.HttpResponse:
        kind, name = _meant(req.get_body())
        try:
            await operations.switch(fabric(), operator_of(req), action, kind, name)
        except PermanentError as error:
            raise Rejected(404, error.reason) from error
        return await _stopped()

    return await responding(action, answer, req.headers.get("traceparent", ""))


async def _stopped() -> func.HttpResponse:
    return json_response({"stopped": await operations.stopped(fabric())})


def _meant(body: bytes) -> tuple[str, str]:
    """`{"bot": name}` or `{"skill": name}`."""
    wanted = json_object(body, cap=LARGEST)
    if len(wanted) != 1:
        raise Rejected(400, "one_bot_or_skill")
    [(kind, name)] = wanted.items()
    if kind not in KINDS or not isinstance(name, str):
        raise Rejected(400, "one_bot_or_skill")
    return kind, name
