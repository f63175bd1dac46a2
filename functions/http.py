"""HTTP as the functions see it: requests in, answers out; what a stranger sends ends in no 5xx."""

import json
from collections.abc import Awaitable, Callable
from math import ceil
from typing import TYPE_CHECKING

import azure.functions as func

from functions.counted import counted
from shared.errors import ConfigurationError, Rejected, TransientError
from shared.observability import conventions as names
from shared.observability import log, trace
from shared.observability.failure import HandlerFailed, told

if TYPE_CHECKING:
    from shared.ports.channel import Request


def request_of(req: func.HttpRequest) -> "Request":
    from shared.ports.channel import Request

    return Request(
        method=req.method,
        path=req.route_params,
        query=req.params,
        headers=req.headers,
        body=req.get_body(),
    )


async def responding(
    name: str, answer: Callable[[], Awaitable[func.HttpResponse]], traceparent: str = ""
) -> func.HttpResponse:
    """Run a webhook's work under a span, and turn what is refused into a constant small body."""
    with trace.span(traceparent, name) as span, counted(name):
        response = await _answered(name, answer)
        span.attributes[names.STATUS] = response.status_code
        return response


async def _answered(
    name: str, answer: Callable[[], Awaitable[func.HttpResponse]]
) -> func.HttpResponse:
    try:
        return await answer()
    except Rejected as refusal:
        log.warning("webhook.rejected", function=name, status=refusal.status, reason=refusal.reason)
        return refused(refusal.status, after=refusal.after)
    except TransientError as error:
        log.error("webhook.unavailable", function=name, reason=told(error))
        return refused(503)
    except ConfigurationError as error:
        log.error("app.misconfigured", function=name, reason=told(error))
        return refused(503)
    except Exception as error:
        raise bug(error, name) from None


def bug(error: Exception, function: str) -> HandlerFailed:
    """Log where a function failed; return what the host may print of it, which is no value."""
    log.error("function.bug", exc_info=True, function=function)
    return HandlerFailed(type(error).__name__)


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


def refused(status: int, *, after: float | None = None) -> func.HttpResponse:
    """Return the small body of a refusal; `after` becomes the header Retry-After."""
    response = json_response({"error": _WORDS.get(status, "refused")}, status)
    if after is not None:
        response.headers["Retry-After"] = str(max(1, ceil(after)))
    return response


def json_response(body: object, status: int = 200) -> func.HttpResponse:
    return func.HttpResponse(
        json.dumps(body, ensure_ascii=False), status_code=status, mimetype="application/json"
    )
