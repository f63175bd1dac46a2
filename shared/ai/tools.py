"""Plain typed async functions as tools of a model.

A tool looks things up, unless it is marked `@writes`. What is to happen belongs to the turn, which
records it and commits it once, while a tool may run again with every retry.

Whatever a model reads may speak to it, so a tool that writes runs only with what the person said:
each value of its arguments stands in their words or is the author's own choice, and once something
was read at least one is theirs; or the call was approved. What a second person has to approve is
marked by `risky`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from inspect import getdoc, iscoroutinefunction
from typing import Any

from shared import wire
from shared.ai.declared_tool import DeclaredTool
from shared.ai.extraction import problems
from shared.ai.own_words import choices, folded, stands_in, values
from shared.ai.risky import SEPARATE, Resumed, needed
from shared.ai.safety.noticed import Notice, notice, unheard
from shared.ai.service_name import service_name
from shared.ai.tool_span import failed, refused, tool_span
from shared.errors import FabricError
from shared.ports.models import ChatModel, Completion, ToolCall
from shared.ports.tools import RISKY, SCHEMA, WRITES

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
        self._said, self._approve = folded(said), approve
        self.resumed: Resumed | None = None
        """The approved call, in a turn that is handled again: then no other is asked for."""
        self._risky: dict[str, str] = {}
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
                own = choices(adapter.json_schema()) if schema is None else frozenset[str]()
                self._writing[name] = own  # what another server lists was nobody's choice here
            if getattr(function, RISKY, False):
                self._risky[name] = getdoc(function) or name
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

    async def resume(self) -> list[Mapping[str, Any]]:
        """Make the approved call. Return what was said up to it, and what the tools now say."""
        resumed = self.resumed
        if resumed is None or resumed.used or resumed.name not in self._adapters:
            return []
        return [*resumed.said, *await _results(self, resumed.calls)]

    async def hold(self, calls: Sequence[ToolCall], said: Sequence[Mapping[str, Any]]) -> None:
        """Raise ApprovalNeeded for the first call that waits for a second person.

        Nothing of the round has run by then. One that is wrong anyway is left to `run`.
        """
        if self.resumed is not None:
            return
        for call in calls:
            if call.name in self._risky and self._fits(call) and not await self._foreign(call):
                raise needed(call, self._risky[call.name], said)

    def _fits(self, call: ToolCall) -> bool:
        try:
            _end(self._adapters[call.name].validate_json(call.arguments or "{}"))
        except ValueError:  # pydantic's ValidationError is one
            return False
        return True

    async def run(self, call: ToolCall) -> str:
        """What the tool says, or `{"error": code, "detail": ...}` for the model to mend.

        An error of ours (FabricError) decides the fate of the turn and is raised.
        """
        with tool_span(call.name if call.name in self._adapters else "unknown"):
            return await self._run(call)

    async def _run(self, call: ToolCall) -> str:
        from pydantic import ValidationError
        from pydantic_core import to_json

        adapter = self._adapters.get(call.name)
        if adapter is None:
            return failed(call, "unknown_tool", f"there are {', '.join(self._adapters)}")
        approved = self.resumed is not None and self.resumed.takes(call)
        if not approved and (foreign := await self._foreign(call)):
            return failed(
                call, "not_said", f"the person did not say {foreign}; ask them, and do not guess"
            )
        try:
            running = adapter.validate_json(call.arguments or "{}")
        except ValidationError as error:
            return failed(call, "bad_arguments", problems(error))
        except ValueError as error:
            return failed(call, "bad_arguments", str(error)[:200])
        if call.name in self._risky and not approved:
            _end(running)
            return failed(call, "needs_approval", SEPARATE)
        limit = asyncio.timeout(self._seconds)
        try:
            async with limit:
                value = await running
            result = value if isinstance(value, str) else to_json(value).decode()
        except FabricError:
            raise
        except Exception as error:
            if limit.expired():
                return failed(call, "timeout", f"no result within {self._seconds:g} s")
            return failed(call, "failed", type(error).__name__)
        if len(result) > self._longest:
            return failed(call, "too_large", f"over {self._longest} characters; ask for less")
        notice(self._noticed, "tool", call.name, result)
        return result

    async def _foreign(self, call: ToolCall) -> str:
        """The first value of a call that writes which is neither said, chosen, nor approved."""
        if call.name not in self._writing:
            return ""
        try:
            targets = list(values(wire.loads(call.arguments or "{}")))
        except ValueError:
            return ""  # the validation says what is wrong
        free = [value for value in targets if value not in self._writing[call.name]]
        unsaid = next((value for value in free if not stands_in(value, self._said)), "")
        if not unsaid and (free or not self.has_read):
            return ""
        if await self._approve(call):
            return ""
        return repr(unsaid[:60]) if unsaid else "to do that"


def _end(running: Any) -> None:
    """End a call that was begun to see whether its arguments are right."""
    running.close()


async def converse(
    model: ChatModel, messages: Sequence[Mapping[str, Any]], toolbox: Toolbox
) -> Completion:
    """Let the model call tools until it answers; in the last round it is offered none.

    Raises ApprovalNeeded before a round with a call that waits for a second person.
    """
    said = list(messages)
    said += await toolbox.resume()
    for _ in range(MAX_ROUNDS):
        completion = await model.complete(said, toolbox.definitions)
        if not completion.tool_calls:
            return completion
        calls = [toolbox.named(call) for call in completion.tool_calls]
        said.append(_asked(completion.text, calls))
        await toolbox.hold(calls[:MAX_CALLS], said[len(messages) :])
        said += await _results(toolbox, calls)
    return await model.complete(said)


async def _results(toolbox: Toolbox, calls: Sequence[ToolCall]) -> list[Mapping[str, Any]]:
    """What the tools say to the calls of a round, as messages."""
    run, rest = calls[:MAX_CALLS], calls[MAX_CALLS:]
    results = list(await asyncio.gather(*(toolbox.run(call) for call in run)))
    results += [refused(call, "too_many", f"at most {MAX_CALLS} calls at once") for call in rest]
    toolbox.has_read = True
    return [
        {"role": "tool", "tool_call_id": call.id, "content": result}
        for call, result in zip(calls, results, strict=True)
    ]


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
