"""Speaks chat completions and embeddings as Azure OpenAI and OpenAI do, with faults on demand.

Its answers are those of the offline model, so that a conversation is the same on both. It
counts the tokens it gave away, whoever was there to take them.
"""

import asyncio
import json
import re
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web

from shared.ai.offline import OfflineModel
from shared.ports.models import Completion, ToolCall, Usage
from stand_ins.openai import wire
from stand_ins.openai.faults import EMPTY_INPUT, NO_FAULT, UNKNOWN_DEPLOYMENT, WRONG_KEY, Fault
from stand_ins.openai.model import PIECE, structured, wanted_calls
from stand_ins.server import Settings
from stand_ins.web import Served, Site, cut

KEY = "test-key"
MAX_REQUEST_BYTES = 2**24


@dataclass
class OpenAIServer(Served):
    """`fault(deployment)` decides for each request; `says` are answers to give first.

    `calls` is how often it calls a tool at once; a `gullible` model makes every call that it reads
    of, wherever that stands.

    `given[deployment]` counts `calls`, `input` and `output` tokens; `asked` keeps the bodies.
    """

    port: int = 0
    key: str = KEY
    deployments: frozenset[str] | None = None
    fault: Callable[[str], Fault | None] = lambda deployment: None
    says: deque[str] = field(default_factory=deque)
    given: Counter[tuple[str, str]] = field(default_factory=Counter)
    asked: list[dict[str, Any]] = field(default_factory=list)
    calls: int = 1
    gullible: bool = False
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self._site = Site(self.port)

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=MAX_REQUEST_BYTES)
        for prefix in ("/v1", "/openai/v1"):
            app.router.add_post(prefix + "/chat/completions", self._serve)
            app.router.add_post(prefix + "/embeddings", self._serve)
            app.router.add_get(prefix + "/models", self._list)
        await self._site.open(app, grace=0.5)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def stop(self) -> None:
        """Let go of what hangs, and listen no more."""
        self.ended.set()
        await self._site.close()

    @property
    def settings(self) -> Settings:
        return {
            "FABRIC_AI_URL": f"openai://{self.host}",
            "FABRIC_AI_KEY": self.key,
            "FABRIC_AI_MODELS": "default=model-a|model-b",
        }

    def count(self, deployment: str) -> Usage:
        return Usage(self.given[deployment, "input"], self.given[deployment, "output"])

    def fail(self, *faults: Fault | None) -> None:
        """The next requests go wrong so, the last fault from then on."""
        left = list(faults)
        self.fault = lambda deployment: left.pop(0) if len(left) > 1 else left[0]

    def _knows(self, request: web.Request) -> bool:
        return request.headers.get("Authorization") == f"Bearer {self.key}"

    async def _list(self, request: web.Request) -> web.StreamResponse:
        if not self._knows(request):
            return WRONG_KEY.response()
        return web.json_response({"object": "list", "data": []})

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        if not self._knows(request):
            return WRONG_KEY.response()
        body = await request.json()
        deployment = body["model"]
        self.asked.append(body)
        self.given[deployment, "calls"] += 1
        if self.deployments is not None and deployment not in self.deployments:
            return UNKNOWN_DEPLOYMENT.response()
        fault = self.fault(deployment) or NO_FAULT
        match fault.kind:
            case "status":
                return fault.response()
            case "hang":
                await self.ended.wait()
                return cut(request)
            case "drop":
                return cut(request)
            case "garbage":
                return web.Response(text="<html>", content_type="text/html")
        if request.path.endswith("/embeddings"):
            return await self._embed(request, body, fault)
        return await self._chat(request, body, fault)

    async def _embed(
        self, request: web.Request, body: Mapping[str, Any], fault: Fault
    ) -> web.StreamResponse:
        if "" in body["input"]:
            return EMPTY_INPUT.response()
        vectors = await OfflineModel().embed(body["input"])
        tokens = sum(len(text.split()) for text in body["input"])
        self.given[body["model"], "input"] += tokens
        if fault.kind == "lost":
            return cut(request)
        return web.json_response(wire.embeddings(body, vectors, tokens))

    async def _chat(
        self, request: web.Request, body: Mapping[str, Any], fault: Fault
    ) -> web.StreamResponse:
        completion = await self._completion(body)
        self.given[body["model"], "input"] += completion.usage.input_tokens
        if body.get("stream"):
            return await self._stream(request, body, completion, fault)
        self.given[body["model"], "output"] += completion.usage.output_tokens
        if fault.kind == "lost":
            return cut(request)
        finish = "content_filter" if fault.kind == "filtered" else completion.finish
        choice = {"index": 0, "message": wire.message(completion), "finish_reason": finish}
        usage = wire.usage(completion.usage)
        return web.json_response(
            wire.frame(body["model"], "chat.completion", [choice], usage=usage)
        )

    async def _stream(
        self, request: web.Request, body: Mapping[str, Any], completion: Completion, fault: Fault
    ) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)

        async def put(choices: list[Any], **more: Any) -> None:
            frame = wire.frame(body["model"], "chat.completion.chunk", choices, **more)
            await response.write(f"data: {json.dumps(frame)}\n\n".encode())

        pieces = PIECE.findall(completion.text)
        await put([])
        try:
            for number, piece in enumerate(pieces):
                if number == len(pieces) // 2 and fault.kind in ("truncate", "cut"):
                    if fault.kind == "truncate" and request.transport is not None:
                        request.transport.close()
                    return response
                self.given[body["model"], "output"] += 1
                await put([{"index": 0, "delta": {"content": piece}, "finish_reason": None}])
            await put([{"index": 0, "finish_reason": None, "content_filter_results": {}}])
            await put([{"index": 0, "delta": {}, "finish_reason": "stop"}])
            if body.get("stream_options", {}).get("include_usage"):
                await put([], usage=wire.usage(completion.usage))
            await response.write(b"data: [DONE]\n\n")
        except ConnectionError:
            self.given[body["model"], "left"] += 1
        return response

    async def _completion(self, body: Mapping[str, Any]) -> Completion:
        """Say what the offline model says; call a tool for `call NAME {...}`; JSON on demand."""
        messages = body["messages"]
        completion = await OfflineModel().complete(messages)
        asked = str(messages[-1].get("content") or "")
        called = re.fullmatch(r"call (\w+) (.*)", asked, re.DOTALL)
        finish, calls = "stop", list[ToolCall]()
        if self.says:
            text = self.says.popleft()
        elif self.gullible and body.get("tools") and (wanted := wanted_calls(messages)):
            calls = [ToolCall(f"call_{n}", *one) for n, one in enumerate(wanted)]
            text, finish = "", "tool_calls"
        elif called and body.get("tools"):
            calls = [ToolCall(f"call_{n}", called[1], called[2]) for n in range(self.calls)]
            text, finish = "", "tool_calls"
        elif messages[-1]["role"] == "tool":
            text = f"The tool says: {asked}"
        elif shape := body.get("response_format"):
            text = structured(shape["json_schema"], messages)
        else:
            text = completion.text
        usage = Usage(completion.usage.input_tokens, len(PIECE.findall(text)))
        return Completion(text, body["model"], usage, finish, calls)
