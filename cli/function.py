"""A function of the app as the host sees it: a name, a trigger binding, something to call."""

import asyncio
import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from shared.errors import ConfigurationError

HTTP, TIMER, EVENT_GRID = "httpTrigger", "timerTrigger", "eventGridTrigger"
SERVICE_BUS, STORAGE_QUEUE = "serviceBusTrigger", "queueTrigger"
QUEUES = (SERVICE_BUS, STORAGE_QUEUE)


@dataclass(frozen=True)
class Function:
    """`trigger` is the binding as the worker reports it: type, name, route, queueName, ...

    `timeout` in seconds is the host's for every function; None lets it run for ever.
    """

    name: str
    trigger: Mapping[str, Any]
    call: Callable[..., Any]
    timeout: float | None = None

    @cached_property
    def type(self) -> str:
        return str(self.trigger["type"])

    @cached_property
    def target(self) -> str:
        """What sets the function off: methods and route, the queue, the schedule."""
        if self.type == HTTP:
            return f"{','.join(self.methods) or 'ANY'} {self.route}"
        return str(self.trigger.get("queueName") or self.trigger.get("schedule") or "")

    @property
    def needs_key(self) -> bool:
        """Whether a caller in Azure needs a key for it."""
        return str(self.trigger.get("authLevel", "anonymous")).lower() != "anonymous"

    @property
    def route(self) -> str:
        return str(self.trigger.get("route") or self.name).strip("/")

    @property
    def methods(self) -> Sequence[str]:
        """Upper case; empty means every method."""
        return [str(method).upper() for method in self.trigger.get("methods") or ()]

    @cached_property
    def is_async(self) -> bool:
        return inspect.iscoroutinefunction(self.call)

    async def run(self, value: Any) -> Any:
        """Call with the trigger's value. Sync functions run in a thread, as in the worker."""
        arguments = {self.trigger["name"]: value}
        async with asyncio.timeout(self.timeout):
            if self.is_async:
                return await self.call(**arguments)
            return await asyncio.to_thread(self.call, **arguments)


def load_functions(timeout: float | None = None) -> list[Function]:
    """Index `function_app.app`, once in a process.

    Raises ConfigurationError for what only a host refuses: a second function of a name, and
    bindings that this host has not.
    """
    from function_app import app

    try:
        built = app.get_functions()
    except ValueError as error:
        raise ConfigurationError(str(error)) from error
    return [
        Function(
            str(one.get_function_name()),
            _trigger(str(one.get_function_name()), one.get_raw_bindings()),
            one.get_user_function(),
            timeout,
        )
        for one in built
    ]


def _trigger(name: str, bindings: Sequence[str]) -> Mapping[str, Any]:
    triggers = []
    for binding in map(json.loads, bindings):
        if binding["type"] in (HTTP, *QUEUES, TIMER, EVENT_GRID):
            triggers.append(binding)
        elif not (binding["type"] == "http" and binding["direction"] == "OUT"):
            raise ConfigurationError(
                f"function {name}: the local host has no {binding['type']} binding; "
                "run the app with Azure Functions Core Tools (func start)"
            )
    if len(triggers) != 1:
        raise ConfigurationError(f"function {name} has no trigger")
    trigger: Mapping[str, Any] = triggers[0]
    return trigger
