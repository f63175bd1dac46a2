"""Systems of the organisation that skills call: a CRM, a ticketing system.

`turn.backend("crm")` is one of them as a turn sees it. What stands behind the name, and its
limits, is declared once for all bots (`shared/manifest/backends.py`).
"""

import re
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

from shared.errors import PermanentError, Unavailable
from shared.event import event_id

if TYPE_CHECKING:
    from shared.ports.tools import RemoteTool

_FIELD = re.compile(r"\{(\w+)\}")
_PATH = re.compile(r"(/[A-Za-z0-9_.~!$&'()*+,;=:@%-]*)+")
_WORD = re.compile(r"[A-Za-z_.-]*|v[0-9]+|\{\w+\}")


AT_WORK = 60.0
"""Seconds after a turn first failed in which a backend may still be at its request."""


class BackendError(PermanentError):
    """A backend declined the request (4xx): trying again cannot help, the skill may know better.

    `answer` is the JSON it sent, None without; it may hold personal data, so it is in no text.
    """

    def __init__(self, backend: str, status: int, answer: Any = None) -> None:
        super().__init__(f"{backend}_{status}", f"{backend} declined the request")
        self.backend = backend
        self.status = status
        self.answer = answer


class OutcomeUnknown(PermanentError):
    """A backend that takes no idempotency key may have done it or not: a person has to look."""

    def __init__(self, backend: str) -> None:
        super().__init__(f"{backend}_outcome_unknown", f"the answer of {backend} was lost")
        self.backend = backend


class NotConnected(Unavailable):
    """No backend of this name is declared. It can be mended, so the message waits."""

    def __init__(self, backend: str) -> None:
        super().__init__(f"no backend {backend!r}; write a table [{backend}] in the backends file")


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `path` is percent-encoded; `operation` is its name in logs.

    `key` is the idempotency key, "" when the request needs none; `again` when an earlier run of
    the turn may have made the request, and the backend may be at it still. `bearer` is a token
    of the person in whose name it is, "" for the app's own.
    """

    method: str
    path: str
    operation: str
    query: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    key: str = ""
    again: bool = False
    bearer: str = field(default="", repr=False)


class Backend(Protocol):
    """A backend with its limits, shared by all bots of this process."""

    name: str

    async def call(self, call: Call) -> Any:
        """The JSON of the answer; None when it has none, and for a GET of what is not there.

        Raises BackendError (4xx), Unavailable with `after` (down, throttled, resting, busy), or
        OutcomeUnknown.
        """
        ...

    async def check(self) -> str:
        """ "" when it works as far as this process knows, without calling it."""
        ...

    async def close(self) -> None: ...


class TurnBackend:
    """A backend for the length of a turn. Errors are those of `Backend.call`.

    `path` is a template: `crm.get("/customers/{id}", id=number)` encodes the number, and keeps
    it out of the logs. Writes carry an idempotency key that is the same each time the turn runs.
    """

    def __init__(
        self, backend: Backend, work: str, *, again: bool = False, bearer: str = ""
    ) -> None:
        self._backend, self._work, self._again, self._bearer = backend, work, again, bearer
        self._ordinals: Counter[tuple[str, str]] = Counter()
        self._remote: list[RemoteTool] | None = None

    async def get(
        self, path: str, *, query: Mapping[str, str] | None = None, **fields: object
    ) -> Any:
        """None when it is not there (404)."""
        return await self._call("GET", path, fields, query=query)

    async def post(
        self, path: str, *, json: Any = None, idempotency_key: str = "", **fields: object
    ) -> Any:
        return await self._call("POST", path, fields, json=json, key=idempotency_key)

    async def put(
        self, path: str, *, json: Any = None, idempotency_key: str = "", **fields: object
    ) -> Any:
        return await self._call("PUT", path, fields, json=json, key=idempotency_key)

    async def patch(
        self, path: str, *, json: Any = None, idempotency_key: str = "", **fields: object
    ) -> Any:
        return await self._call("PATCH", path, fields, json=json, key=idempotency_key)

    async def delete(self, path: str, *, idempotency_key: str = "", **fields: object) -> Any:
        return await self._call("DELETE", path, fields, key=idempotency_key)

    async def tools(self) -> list[Callable[..., Awaitable[str]]]:
        """The tools of an MCP server as functions for `turn.ai.complete(..., tools=)`."""
        return [self._function(tool) for tool in await self._offered()]

    async def tool(self, name: str, /, **arguments: Any) -> str:
        """Call a tool of an MCP server; what it returns is text by a stranger.

        Raises BackendError also when there is no such tool, or it says that it failed.
        """
        offered = {tool.name: tool for tool in await self._offered()}
        if name in offered:
            return await self._use(offered[name], arguments)
        return str(await self._backend.call(Call("GET", f"/{quote(name, safe='')}", "tool *")))

    async def _offered(self) -> "list[RemoteTool]":
        if self._remote is None:
            from shared.ports.tools import TOOLS, RemoteTool

            found = await self._backend.call(Call("GET", TOOLS, "tools/list"))
            if not isinstance(found, list) or not all(isinstance(t, RemoteTool) for t in found):
                raise PermanentError("no_tools", f'{self._backend.name}: write kind = "mcp"')
            self._remote = found
        return self._remote

    def _function(self, tool: "RemoteTool") -> Callable[..., Awaitable[str]]:
        from shared.ports.tools import RISKY, SCHEMA, WRITES

        async def call(**arguments: Any) -> str:
            return await self._use(tool, arguments)

        call.__name__ = re.sub(r"\W", "_", f"{self._backend.name}_{tool.name}")
        call.__doc__ = tool.description
        setattr(call, SCHEMA, tool.schema)
        setattr(call, WRITES, tool.writes)
        setattr(call, RISKY, tool.risky)
        return call

    async def _use(self, tool: "RemoteTool", arguments: Mapping[str, Any]) -> str:
        method, path = "POST" if tool.writes else "GET", f"/{quote(tool.name, safe='')}"
        again = self._again and tool.writes
        call = Call(method, path, f"tool {tool.name}", json=dict(arguments), again=again)
        return str(await self._backend.call(call))

    async def _call(
        self,
        method: str,
        template: str,
        fields: Mapping[str, object],
        *,
        query: Mapping[str, str] | None = None,
        json: Any = None,
        key: str = "",
    ) -> Any:
        path = _filled(template, fields)
        if not key and method != "GET":
            key = self._key(method, path)
        operation = f"{method} {_nameless(template)}"
        again = self._again and key != ""
        return await self._backend.call(
            Call(method, path, operation, query or {}, json, key, again, self._bearer)
        )

    def _key(self, method: str, path: str) -> str:
        """The place of the request in the turn, counted for each method and path by itself.

        So a request keeps its key when, the next time, another one is not needed any more.
        """
        place = (method, path)
        number = self._ordinals[place]
        self._ordinals[place] += 1
        return event_id(self._work, self._backend.name, *place, str(number))


def _filled(template: str, fields: Mapping[str, object]) -> str:
    """The path with its fields encoded. Raises ValueError for one that would lead elsewhere."""

    def value(match: re.Match[str]) -> str:
        text = quote(str(fields[match[1]]), safe="")
        if text in ("", ".", ".."):
            raise ValueError(f"{{{match[1]}}} in the path {template!r} is empty or dots")
        return text

    path = _FIELD.sub(value, template)
    if not _PATH.fullmatch(path) or {".", ".."} & set(path.split("/")):
        raise ValueError(
            'a path begins with "/" and takes what people say by a field: '
            'get("/customers/{id}", id=...), and a query by query={...}'
        )
    return path


def _nameless(template: str) -> str:
    """The template without what looks like an id, for the logs."""
    return "/".join(part if _WORD.fullmatch(part) else "*" for part in template.split("/"))
