"""Plain typed async functions as tools of a model.

A tool looks things up; it changes nothing. What is to happen belongs to the turn, which
records it and commits it once, while a tool may run again with every retry.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from inspect import getdoc, iscoroutinefunction
from typing import Any

from shared import wire
from shared.ai.extraction import problems
from shared.ai.service_name import service_name
from shared.errors import FabricError
from shared.observability import log
from shared.ports.models import ChatModel, Completion, ToolCall

SECONDS = 20.0
"""Time for one call of a tool."""

LONGEST = 16_000
"""Characters of a result."""

MAX_ROUNDS = 6
"""Times that the model may ask for tools; then it has to answer with what it knows."""

MAX_CALLS = 8
"""Calls of tools in one round."""

Tool = Callable[..., Awaitable[Any]]


class Toolbox:
    """The functions a model may call. Their signature is the schema, their docstring the use."""

    def __init__(
        self, functions: Sequence[Tool], *, seconds: float = SECONDS, longest: int = LONGEST
    ) -> None:
        from pydantic import TypeAdapter

        self._seconds, self._longest = seconds, longest
        self._adapters: dict[str, TypeAdapter[Any]] = {}
        self.definitions: list[Mapping[str, Any]] = []
        for function in functions:
            name = getattr(function, "__name__", "")
            if not name.isidentifier() or not iscoroutinefunction(function):
                raise TypeError(f"a tool is an async function with a name, not {function!r}")
            name = service_name(name)
            if name in self._adapters:
                raise ValueError(f"two tools are called {name!r}; rename one")
            called: Any = function
            adapter: TypeAdapter[Any] = TypeAdapter(called)
            self._adapters[name] = adapter
            described = {"name": name, "parameters": adapter.json_schema()}
            if doc := getdoc(function):
                described["description"] = doc
            self.definitions.append({"type": "function", "function": described})

    def named(self, call: ToolCall) -> ToolCall:
        """The call under a name that may be said again; of a tool of ours, its own.

        Models say `functions.lookup` for `lookup`, and names of tools that nobody gave them.
        """
        bare = service_name(call.name.removeprefix("functions."))
        name = bare if bare in self._adapters else service_name(call.name)
        return call if name == call.name else replace(call, name=name)

    async def run(self, call: ToolCall) -> str:
        """What the tool says, or `{"error": code, "detail": ...}` for the model to mend.

        An error of ours (FabricError) decides the fate of the turn and is raised.
        """
        from pydantic import ValidationError
        from pydantic_core import to_json

        adapter = self._adapters.get(call.name)
        if adapter is None:
            return _error(call, "unknown_tool", f"there are {', '.join(self._adapters)}")
        try:
            running = adapter.validate_json(call.arguments or "{}")
        except ValidationError as error:
            return _error(call, "bad_arguments", problems(error))
        limit = asyncio.timeout(self._seconds)
        try:
            async with limit:
                value = await running
            result = value if isinstance(value, str) else to_json(value).decode()
        except FabricError:
            raise
        except Exception as error:
            if limit.expired():
                return _error(call, "timeout", f"no result within {self._seconds:g} s")
            return _error(call, "failed", type(error).__name__)
        if len(result) > self._longest:
            return _error(call, "too_large", f"over {self._longest} characters; ask for less")
        return result


async def converse(
    model: ChatModel, messages: Sequence[Mapping[str, Any]], toolbox: Toolbox
) -> Completion:
    """Let the model call tools until it answers; in the last round it is offered none."""
    said = list(messages)
    for _ in range(MAX_ROUNDS):
        completion = await model.complete(said, toolbox.definitions)
        if not completion.tool_calls:
            return completion
        calls = [toolbox.named(call) for call in completion.tool_calls]
        said.append(_asked(completion.text, calls))
        run, rest = calls[:MAX_CALLS], calls[MAX_CALLS:]
        results = list(await asyncio.gather(*(toolbox.run(call) for call in run)))
        results += [_error(call, "too_many", f"at most {MAX_CALLS} calls at once") for call in rest]
        said += [
            {"role": "tool", "tool_call_id": call.id, "content": result}
            for call, result in zip(calls, results, strict=True)
        ]
    return await model.complete(said)


def _asked(text: str, tool_calls: Sequence[ToolCall]) -> Mapping[str, Any]:
    calls = [
        {
            "id": call.id,
            "type": "function",
            "function": {"name": call.name, "arguments": call.arguments},
        }
        for call in tool_calls
    ]
    return {"role": "assistant", "content": text or None, "tool_calls": calls}


def _error(call: ToolCall, code: str, detail: str) -> str:
    log.warning("ai.tool", **{"gen_ai.tool.name": call.name[:64], "error.type": code})
    return wire.dumps({"error": code, "detail": detail})
