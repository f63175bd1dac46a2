"""Tools of a server of the Model Context Protocol, as a backend: same limits, breaker, log.

Only tools that the backends file lists exist; what a server says of them is pinned (`mcp_pins`),
and what they return is text by a stranger.
"""

from asyncio import sleep as pause
from collections.abc import Awaitable, Callable
from dataclasses import replace
from time import monotonic
from typing import Any

from shared.errors import Unavailable
from shared.integrations.access import Access
from shared.integrations.http_backend import MENDING, HttpBackend, Record
from shared.integrations.mcp_pins import Pins
from shared.integrations.mcp_wire import NoAnswer, RpcError, Wire
from shared.manifest.backends import Declaration
from shared.observability import log
from shared.ports.backend import BackendError, Call
from shared.ports.tools import TOOLS, RemoteTool
from shared.text.clean import cleaned

LISTED_SECONDS = 300.0
"""How long a list of tools is believed before the server is asked again."""

LONGEST_RESULT = 64_000
"""Characters of a result; what is longer is no answer, but another thing to read."""

MAX_PAGES = 20
_LONGEST_DESCRIPTION, _LONGEST_SCHEMA = 4_000, 32_000


class McpBackend(HttpBackend):
    """`call` takes the list (`TOOLS`) or a tool by its path; arguments are the call's JSON."""

    def __init__(
        self,
        name: str,
        declared: Declaration,
        access: Access,
        pins: Pins,
        *,
        clock: Callable[[], float] = monotonic,
        sleep: Callable[[float], Awaitable[None]] = pause,
    ) -> None:
        super().__init__(
            name, replace(declared, idempotency_header=""), access, clock=clock, sleep=sleep
        )
        self._pins = pins
        self._wire = Wire(self._http, self._url)
        self._tools: dict[str, RemoteTool] = {}
        self._changed: frozenset[str] = frozenset()
        self._listed = -LISTED_SECONDS

    async def call(self, call: Call) -> Any:
        """A list of RemoteTool, or the text that a tool returned.

        Raises BackendError also when the tool says that it failed, and Unavailable for one that
        has changed since it was pinned.
        """
        await self._look()
        if call.path == TOOLS:
            return [tool for name, tool in self._tools.items() if name not in self._changed]
        name = call.path.removeprefix("/")
        if name in self._changed:
            raise Unavailable(self._drift(self._changed), after=MENDING)
        if name not in self._tools:
            raise BackendError(self.name, 404, f"there is no tool {name}")
        return await super().call(call)

    async def check(self) -> str:
        """As a backend, and what any process has seen change."""
        problem = await super().check()
        try:
            changed = frozenset((await self._pins.of(self.name)).changed)
        except Unavailable:
            return problem
        return problem or (self._drift(changed) if changed else "")

    async def _look(self) -> None:
        """Ask what tools there are, once in a while, and hold them to their pins."""
        if self._clock() - self._listed < LISTED_SECONDS and not self._changed:
            return
        found = await super().call(Call("GET", TOOLS, "tools/list"))
        changed = await self._pins.changed(self.name, found)
        if changed - self._changed:
            log.error("mcp.tool_changed", backend=self.name, tools=sorted(changed))
        self._tools = {tool.name: tool for tool in found}
        self._changed, self._listed = changed, self._clock()

    def _drift(self, changed: frozenset[str]) -> str:
        return (
            f"{self.name} says something else of {', '.join(sorted(changed))} than when it was "
            f"pinned; look at it, then: botfabric tools accept {self.name}"
        )

    async def _exchange(self, call: Call, headers: dict[str, str], record: Record) -> Any:
        record.status = 0
        try:
            if call.path == TOOLS:
                answer: Any = await self._list(headers)
            else:
                asked = {"name": call.path.removeprefix("/"), "arguments": call.json or {}}
                answer = self._text(await self._wire.ask("tools/call", asked, headers))
            record.status = 200
            return answer
        except NoAnswer as error:
            record.status = error.response.status
            self._answer(replace(call, method="POST"), error.response, unsure=record.unsure)
            raise Unavailable(f"{self.name} answers {record.status} without MCP") from error
        except RpcError as error:
            raise BackendError(self.name, 400, error.message[:LONGEST_RESULT]) from error
        except Unavailable as error:
            if "over 1 MiB" in str(error):
                raise BackendError(self.name, 413, "the answer is over 1 MiB") from error
            raise Unavailable(f"{self.name}: {error}", maybe_done=error.maybe_done) from error

    async def _list(self, headers: dict[str, str]) -> list[RemoteTool]:
        """The tools that the file lists, as the server describes them."""
        found: dict[str, RemoteTool] = {}
        cursor: str | None = None
        for _ in range(MAX_PAGES):
            asked = {"cursor": cursor} if cursor else {}
            page = await self._wire.ask("tools/list", asked, headers)
            if not isinstance(page, dict) or not isinstance(page.get("tools"), list):
                raise BackendError(self.name, 502, "its list of tools is none")
            for raw in page["tools"]:
                if (tool := self._tool(raw)) is not None:
                    found.setdefault(tool.name, tool)
            cursor = page.get("nextCursor")
            if not isinstance(cursor, str) or not cursor:
                break
        return list(found.values())

    def _tool(self, raw: Any) -> RemoteTool | None:
        declared = self._declared
        name = raw.get("name") if isinstance(raw, dict) else None
        if not isinstance(name, str) or name not in (*declared.tools, *declared.writes):
            return None
        schema, about = raw.get("inputSchema"), raw.get("description")
        schema = schema if isinstance(schema, dict) and len(str(schema)) <= _LONGEST_SCHEMA else {}
        described = cleaned(about)[:_LONGEST_DESCRIPTION] if isinstance(about, str) else ""
        writes, risky = name in declared.writes, name in declared.high_risk
        return RemoteTool(name, described, schema, writes=writes, risky=risky)

    def _text(self, result: Any) -> str:
        """The text parts of a result. Raises BackendError for one that failed, or says too much."""
        content = result.get("content") if isinstance(result, dict) else None
        parts = [part for part in content if isinstance(part, dict)] if content else []
        texts = [part["text"] for part in parts if isinstance(part.get("text"), str)]
        text = cleaned("\n\n".join(texts))
        if len(text) > LONGEST_RESULT:
            raise BackendError(self.name, 413, f"the result is over {LONGEST_RESULT} characters")
        if isinstance(result, dict) and result.get("isError") is True:
            raise BackendError(self.name, 422, text)
        return text
