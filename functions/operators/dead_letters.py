"""The dead-letter desk for operators over HTTP: list, explain, redrive, discard.

A caller has the function key. Who it is, the app does not know: an `x-operator` header says.
"""

from typing import Any

import azure.functions as func

from functions.http import json_response, operator_of, responding
from functions.triggers import fabric
from shared.errors import PermanentError, Rejected
from shared.operations.deeds import dead_letter_desk, operations
from shared.operations.deeds.dead_letter_desk import Letter
from shared.parse import json_object
from shared.queues import skill_queue

LARGEST = 100_000
"""Bytes of a request."""

LISTED = 1000
MOST = 200
"""Letters that one request moves at most: it has to end before its caller gives up."""

FILTERS = ("bot", "skill", "reason")

bp = func.Blueprint()


@bp.function_name("dead_letters_list")
@bp.route("dead-letters", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
async def show_all(req: func.HttpRequest) -> func.HttpResponse:
    async def answer() -> func.HttpResponse:
        found = await _letters(**{name: req.params.get(name, "") for name in FILTERS})
        rows = [letter.summary() for letter in found[:LISTED]]
        return json_response({"dead_letters": rows, "total": len(found)})

    return await responding("dead_letters_list", answer, req.headers.get("traceparent", ""))


@bp.function_name("dead_letters_show")
@bp.route("dead-letters/{id}", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
async def show(req: func.HttpRequest) -> func.HttpResponse:
    async def answer() -> func.HttpResponse:
        [letter, *_] = _named(await _letters(), [req.route_params.get("id", "")])
        return json_response(letter.explain())

    return await responding("dead_letters_show", answer, req.headers.get("traceparent", ""))


@bp.function_name("dead_letters_redrive")
@bp.route("dead-letters/redrive", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
async def redrive(req: func.HttpRequest) -> func.HttpResponse:
    return await _move(req, "redrive")


@bp.function_name("dead_letters_discard")
@bp.route("dead-letters/discard", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
async def discard(req: func.HttpRequest) -> func.HttpResponse:
    return await _move(req, "discard")


async def _move(req: func.HttpRequest, action: str) -> func.HttpResponse:
    """200 with what was moved, what was not and why, and how many are left for another call.

    503 when nothing was moved because something does not answer.
    """

    async def answer() -> func.HttpResponse:
        chosen = await _chosen(req.get_body())
        moved = await operations.move(fabric(), operator_of(req), action, chosen[:MOST])
        if moved.down and not moved.done:
            raise moved.down
        done = [letter.id for letter in moved.done]
        left = max(0, len(chosen) - MOST)
        return json_response({"done": done, "failed": moved.failed, "left": left})

    name = f"dead_letters_{action}"
    return await responding(name, answer, req.headers.get("traceparent", ""))


async def _chosen(body: bytes) -> list[Letter]:
    """`{"ids": [...]}`, or `{"all": true}` with any of `bot`, `skill` and `reason`."""
    wanted = json_object(body, cap=LARGEST)
    ids = wanted.pop("ids", None)
    everything = wanted.pop("all", False)
    if not all(name in FILTERS and isinstance(text, str) for name, text in wanted.items()):
        raise Rejected(400, "unknown_filter")
    if ids is None and everything is True:
        return await _letters(**wanted)
    if not _is_ids(ids) or everything is not False:
        raise Rejected(400, "neither_ids_nor_all")
    return _named(await _letters(**wanted), ids)


def _is_ids(ids: Any) -> bool:
    return isinstance(ids, list) and bool(ids) and all(isinstance(id, str) for id in ids)


async def _letters(*, bot: str = "", skill: str = "", reason: str = "") -> list[Letter]:
    queue = skill_queue(skill) if skill else ""
    return await dead_letter_desk.letters(fabric(), bot=bot, queue=queue, reason=reason)


def _named(letters: list[Letter], ids: list[str]) -> list[Letter]:
    """As `dead_letter_desk.named`, 404 for what is not there."""
    try:
        return dead_letter_desk.named(letters, ids)
    except PermanentError as error:
        raise Rejected(404, error.reason) from error
