"""Plain typed async functions as tools of a model.

A tool looks things up, unless it is marked `@writes`. What is to happen belongs to the turn, which
records it and commits it once, while a tool may run again with every retry.

Whatever a model reads may speak to it, so a tool that writes runs only with what the person said:
each value of its arguments stands in their words or is the author's own choice, and once something
was read at least one is theirs; or the call was approved.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from inspect import getdoc, iscoroutinefunction
from typing import Any

from shared import wire
from shared.ai.declared_tool import DeclaredTool
from shared.ai.extraction import problems
from shared.ai.safety.noticed import Notice, notice, unheard
from shared.ai.service_name import service_name
from shared.errors import FabricError
from shared.observability import conventions as names
from shared.observability import log, trace
from shared.ports.models import ChatModel, Completion, ToolCall
from shared.ports.tools import SCHEMA, WRITES

SECONDS = 20.0
"""Time for one call of a tool."""

LONGEST = 16_000
"""Characters of a result."""

MAX_ROUNDS = 6
"""Times that the model may ask for tools; then it has to answer with what it knows."""

MAX_CALLS = 8
"""Calls of tools in one round."""

Tool = Callable[..., Awaitable[Any]]

Approve = Callable[[ToolCall], Awaitable[bool]]
"""Whether a person has approved this very call."""


def writes(tool: Tool) -> Tool:
    """Mark a tool that changes something: `@writes` above the function."""
    setattr(tool, WRITES, True)
    return tool


async def nobody(call: ToolCall) -> bool:
    """Approve nothing."""
    return False


class Toolbox:
    """The functions a model may call. Their signature is the schema, their docstring the use.

    `said` are the person's own words, for tools that write.
    """

    def __init__(
        self,
        functions: Sequence[Tool],
        *,
        said: str = "",
        approve: Approve = nobody,
        noticed: Notice | None = None,
        seconds: float = SECONDS,
        longest: int = LONGEST,
    ) -> None:
        from pydantic import TypeAdapter

        self._seconds, self._longest = seconds, longest
        self._noticed = noticed or unheard
        self._said, self._approve = _folded(said), approve
        self._writing: dict[str, frozenset[str]] = {}
        self.has_read = False
        """Whether the model has read what may speak to it: then no tool that writes is its idea."""
        self._adapters: dict[str, TypeAdapter[Any] | DeclaredTool] = {}
        self.definitions: list[Mapping[str, Any]] = []
        for function in functions:
            name = getattr(function, "__name__", "")
            if not name.isidentifier() or not iscoroutinefunction(function):
                raise TypeError(f"a tool is an async function with a name, not {function!r}")
            name = service_name(name)
            if name in self._adapters:
                raise ValueError(f"two tools are called {name!r}; rename one")
            called: Any = function
            schema = getattr(function, SCHEMA, None)
            adapter = TypeAdapter(called) if schema is None else DeclaredTool(function, schema)
            self._adapters[name] = adapter
            if getattr(function, WRITES, False):
                own = _choices(adapter.json_schema()) if schema is None else frozenset[str]()
                self._writing[name] = own  # what another server lists was nobody's choice here
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
        name = call.name if call.name in self._adapters else "unknown"
        about: dict[str, trace.Value] = {names.MODEL_OPERATION: "execute_tool", names.TOOL: name}
        with trace.step(f"execute_tool {name}", **about):
            return await self._run(call)

    async def _run(self, call: ToolCall) -> str:
        from pydantic import ValidationError
        from pydantic_core import to_json

        adapter = self._adapters.get(call.name)
        if adapter is None:
            return _failed(call, "unknown_tool", f"there are {', '.join(self._adapters)}")
        if foreign := await self._foreign(call):
            return _failed(
                call, "not_said", f"the person did not say {foreign}; ask them, and do not guess"
            )
        try:
            running = adapter.validate_json(call.arguments or "{}")
        except ValidationError as error:
            return _failed(call, "bad_arguments", problems(error))
        except ValueError as error:
            return _failed(call, "bad_arguments", str(error)[:200])
        limit = asyncio.timeout(self._seconds)
        try:
            async with limit:
                value = await running
            result = value if isinstance(value, str) else to_json(value).decode()
        except FabricError:
            raise
        except Exception as error:
            if limit.expired():
                return _failed(call, "timeout", f"no result within {self._seconds:g} s")
            return _failed(call, "failed", type(error).__name__)
        if len(result) > self._longest:
            return _failed(call, "too_large", f"over {self._longest} characters; ask for less")
        notice(self._noticed, "tool", call.name, result)
        return result

    async def _foreign(self, call: ToolCall) -> str:
        """The first value of a call that writes which is neither said, chosen, nor approved."""
        if call.name not in self._writing:
            return ""
        try:
            values = list(_values(wire.loads(call.arguments or "{}")))
        except ValueError:
            return ""  # the validation says what is wrong
        free = [value for value in values if value not in self._writing[call.name]]
        unsaid = next((value for value in free if not _stands_in(value, self._said)), "")
        if not unsaid and (free or not self.has_read):
            return ""
        if await self._approve(call):
            return ""
        return repr(unsaid[:60]) if unsaid else "to do that"


def _values(arguments: Any) -> Iterator[str]:
    """The texts and numbers in the arguments of a call; yes, no and nothing name no target."""
    if isinstance(arguments, Mapping):
        arguments = list(arguments.values())
    if isinstance(arguments, list):
        for value in arguments:
            yield from _values(value)
    elif isinstance(arguments, str | int | float) and not isinstance(arguments, bool):
        yield str(arguments)


def _choices(schema: Any) -> frozenset[str]:
    """The values that the author of a tool lists, and its defaults."""
    found: set[str] = set()
    if isinstance(schema, Mapping):
        for key, value in schema.items():
            found |= set(_values(value)) if key in ("enum", "const", "default") else _choices(value)
    elif isinstance(schema, list):
        found = found.union(*(_choices(one) for one in schema)) if schema else found
    return frozenset(found)


def _stands_in(value: str, said: str) -> bool:
    """Whether a value stands in what was said as a whole: `12` does not stand in `120`."""
    return re.search(rf"(?<!\w){re.escape(_folded(value))}(?!\w)", said) is not None


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


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
        toolbox.has_read = True
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


def _failed(call: ToolCall, code: str, detail: str) -> str:
    trace.tell(**{names.ERROR_TYPE: code})
    return _error(call, code, detail)


def _error(call: ToolCall, code: str, detail: str) -> str:
    log.warning("ai.tool", **{"gen_ai.tool.name": call.name[:64], "error.type": code})
    return wire.dumps({"error": code, "detail": detail})
