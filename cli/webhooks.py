"""The host's own endpoints: Event Grid's webhook, and running a function by hand."""

import asyncio
import json
import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from cli.function import EVENT_GRID, QUEUES, STORAGE_QUEUE, TIMER, Function
from cli.trigger_data import grid_event, queue_message, service_bus_message, timer_request
from shared.observability import log
from shared.ports.bus import Delivery


class Webhooks:
    """`functions` are those that HTTP does not reach by a route."""

    def __init__(self, functions: Sequence[Function]) -> None:
        self._functions = {function.name.casefold(): function for function in functions}
        self._running: set[asyncio.Task[bool]] = set()

    def run_by_hand(self, name: str, body: bytes) -> web.Response:
        """`POST /admin/functions/{name}` with `{"input": "..."}`: 202, and it runs."""
        function = self._functions.get(name.casefold())
        if function is None:
            return web.Response(status=404)
        try:
            given = json.loads(body or b"{}")
            value = _value(function, str(given.get("input") or ""))
        except (ValueError, AttributeError, RecursionError):
            return web.Response(status=400)
        task = asyncio.create_task(self._run(function, value))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return web.Response(status=202)

    async def event_grid(
        self, method: str, name: str, headers: Mapping[str, str], body: bytes
    ) -> web.Response:
        """Event Grid's delivery to `?functionName=`, in its own schema or CloudEvents 1.0.

        Source: learn.microsoft.com/azure/event-grid/end-point-validation-cloud-events-schema
        and .../end-point-validation-event-grid-events-schema.
        """
        function = self._functions.get(name.casefold())
        if function is None or function.type != EVENT_GRID:
            return web.Response(status=404)
        if method == "OPTIONS":
            return _handshake(headers)
        if method != "POST":
            return web.Response(status=404)
        kind = headers.get("aeg-event-type", "Notification").casefold()
        try:
            events = json.loads(body)
            events = events if isinstance(events, list) else [events]
            if kind == "subscriptionvalidation":
                return web.json_response(
                    {"validationResponse": events[0]["data"]["validationCode"]}
                )
        except (ValueError, TypeError, KeyError, IndexError, RecursionError):
            return web.Response(status=400)
        if kind == "unsubscribe":
            return web.Response(status=202)
        done = await asyncio.gather(*(self._deliver(function, event) for event in events))
        if all(one is None for one in done):
            return web.Response(status=400)
        return web.Response(status=202 if all(done) else 500)

    async def _deliver(self, function: Function, event: Any) -> bool | None:
        """Run one event of a batch; None for one that the worker could not read."""
        try:
            value = grid_event(event)
        except (ValueError, TypeError, KeyError):
            return None
        return await self._run(function, value)

    async def drain(self) -> None:
        """Wait for what was started by hand."""
        await asyncio.gather(*self._running)

    async def _run(self, function: Function, value: Any) -> bool:
        try:
            await function.run(value)
        except Exception:
            log.error("function.failed", exc_info=True, function=function.name)
            return False
        return True


def _handshake(headers: Mapping[str, str]) -> web.Response:
    origin = headers.get("webhook-request-origin", "")
    if not origin:
        return web.Response(status=400)
    return web.Response(headers={"WebHook-Allowed-Origin": origin, "WebHook-Allowed-Rate": "*"})


def _value(function: Function, text: str) -> Any:
    if function.type == TIMER:
        return timer_request()
    if function.type in QUEUES:
        id, now = str(uuid.uuid4()), time.time()
        delivery = Delivery(function.target, id, id, text, 1, "", now, now)
        made = queue_message if function.type == STORAGE_QUEUE else service_bus_message
        return made(delivery)
    return grid_event(json.loads(text))
