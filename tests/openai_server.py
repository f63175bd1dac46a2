"""Speaks chat completions and embeddings as Azure OpenAI and OpenAI do, with faults on demand.

Its answers are those of the offline model, so that a conversation is the same on both. It
counts the tokens it gave away, whoever was there to take them.

`python -m tests.openai_server --port 0` prints `ready URL` and serves until it is ended.
"""

import argparse
import asyncio
import json
import re
from array import array
from base64 import b64encode
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web

from shared.ai.offline import OfflineModel
from shared.ai.ranking import Choice, Ranker
from shared.ports.models import Completion, ToolCall, Usage

KEY = "test-key"
PIECE = re.compile(r"\s*\S+\s*$|\s*\S+")


@dataclass(frozen=True)
class Fault:
    """What goes wrong with a request.

    `status`: an answer with that status, `headers` and error `code`. `hang`: no answer.
    `drop`: the connection closes before the work. `lost`: it closes after it. `truncate`: a
    stream closes in the middle, or ends without its end (`cut`). `garbage`: no JSON.
    """

    kind: str = "status"
    status: int = 500
    code: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class OpenAIServer:
    """`fault(deployment)` decides for each request; `says` are answers to give first.

    `calls` is how often it calls a tool at once.

    `given[deployment]` counts `calls`, `input` and `output` tokens; `asked` keeps the bodies.
    """

    key: str = KEY
    deployments: frozenset[str] | None = None
    fault: Callable[[str], Fault | None] = lambda deployment: None
    says: deque[str] = field(default_factory=deque)
    given: Counter[tuple[str, str]] = field(default_factory=Counter)
    asked: list[dict[str, Any]] = field(default_factory=list)
    calls: int = 1
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    url: str = ""

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()

    async def start(self, port: int = 0) -> None:
        app = web.Application(client_max_size=2**24)
        for prefix in ("/v1", "/openai/v1"):
            app.router.add_post(prefix + "/chat/completions", self._serve)
            app.router.add_post(prefix + "/embeddings", self._serve)
            app.router.add_get(prefix + "/models", self._list)
        self._runner = web.AppRunner(app, shutdown_timeout=0.5)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        host, bound = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{bound}"

    async def close(self) -> None:
        self.ended.set()
        await self._runner.cleanup()

    @property
    def host(self) -> str:
        return self.url.removeprefix("http://")

    def count(self, deployment: str) -> Usage:
        return Usage(self.given[deployment, "input"], self.given[deployment, "output"])

    def fail(self, *faults: Fault | None) -> None:
        """The next requests go wrong so, the last fault from then on."""
        left = list(faults)
        self.fault = lambda deployment: left.pop(0) if len(left) > 1 else left[0]

    async def _list(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Authorization") != f"Bearer {self.key}":
            return _error(Fault(status=401, code="invalid_api_key"))
        return web.json_response({"object": "list", "data": []})

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Authorization") != f"Bearer {self.key}":
            return _error(Fault(status=401, code="invalid_api_key"))
        body = await request.json()
        deployment = body["model"]
        self.asked.append(body)
        self.given[deployment, "calls"] += 1
        if self.deployments is not None and deployment not in self.deployments:
            return _error(Fault(status=404, code="DeploymentNotFound"))
        fault = self.fault(deployment) or Fault("none")
        if fault.kind == "status":
            return _error(fault)
        if fault.kind == "hang":
            await self.ended.wait()
        if fault.kind in ("drop", "hang"):
            return _drop(request)
        if fault.kind == "garbage":
            return web.Response(text="<html>", content_type="text/html")
        if request.path.endswith("/embeddings"):
            return await self._embed(request, body, fault)
        return await self._chat(request, body, fault)

    async def _embed(
        self, request: web.Request, body: Mapping[str, Any], fault: Fault
    ) -> web.StreamResponse:
        if "" in body["input"]:
            return _error(Fault(status=400, code="invalid_input"))
        vectors = await OfflineModel().embed(body["input"])
        tokens = sum(len(text.split()) for text in body["input"])
        self.given[body["model"], "input"] += tokens
        if fault.kind == "lost":
            return _drop(request)
        data = [
            {
                "object": "embedding",
                "index": index,
                "embedding": b64encode(array("f", vector).tobytes()).decode(),
            }
            for index, vector in enumerate(vectors)
        ]
        usage = {"prompt_tokens": tokens, "total_tokens": tokens}
        return web.json_response(
            {"object": "list", "model": body["model"], "data": data, "usage": usage}
        )

    async def _chat(
        self, request: web.Request, body: Mapping[str, Any], fault: Fault
    ) -> web.StreamResponse:
        completion = await self._completion(body)
        self.given[body["model"], "input"] += completion.usage.input_tokens
        if body.get("stream"):
            return await self._stream(request, body, completion, fault)
        self.given[body["model"], "output"] += completion.usage.output_tokens
        if fault.kind == "lost":
            return _drop(request)
        message: dict[str, Any] = {"role": "assistant", "content": completion.text or None}
        if completion.tool_calls:
            message["tool_calls"] = [
                {
                    "id": call.id,
                    "type": "function",
                    "function": {"name": call.name, "arguments": call.arguments},
                }
                for call in completion.tool_calls
            ]
        finish = "content_filter" if fault.kind == "filtered" else completion.finish
        choice = {"index": 0, "message": message, "finish_reason": finish}
        return web.json_response(
            _frame(body, "chat.completion", [choice], usage=_usage(completion.usage))
        )

    async def _stream(
        self, request: web.Request, body: Mapping[str, Any], completion: Completion, fault: Fault
    ) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)

        async def put(choices: list[Any], **more: Any) -> None:
            frame = _frame(body, "chat.completion.chunk", choices, **more)
            await response.write(f"data: {json.dumps(frame)}\n\n".encode())

        pieces = PIECE.findall(completion.text)
        await put([])
        try:
            for number, piece in enumerate(pieces):
                if number == len(pieces) // 2 and fault.kind == "truncate":
                    assert request.transport
                    request.transport.close()
                    return response
                if number == len(pieces) // 2 and fault.kind == "cut":
                    return response
                self.given[body["model"], "output"] += 1
                await put([{"index": 0, "delta": {"content": piece}, "finish_reason": None}])
            await put([{"index": 0, "finish_reason": None, "content_filter_results": {}}])
            await put([{"index": 0, "delta": {}, "finish_reason": "stop"}])
            if body.get("stream_options", {}).get("include_usage"):
                await put([], usage=_usage(completion.usage))
            await response.write(b"data: [DONE]\n\n")
        except ConnectionError:
            self.given[body["model"], "left"] += 1
        return response

    async def _completion(self, body: Mapping[str, Any]) -> Completion:
        """What the offline model says; a call of a tool for `call NAME {...}`; JSON on demand."""
        messages = body["messages"]
        completion = await OfflineModel().complete(messages)
        asked = str(messages[-1].get("content") or "")
        called = re.fullmatch(r"call (\w+) (.*)", asked, re.DOTALL)
        finish, calls = "stop", list[ToolCall]()
        if self.says:
            text = self.says.popleft()
        elif called and body.get("tools"):
            calls = [ToolCall(f"call_{n}", called[1], called[2]) for n in range(self.calls)]
            text, finish = "", "tool_calls"
        elif messages[-1]["role"] == "tool":
            text = f"The tool says: {asked}"
        elif shape := body.get("response_format"):
            text = _structured(shape["json_schema"], messages)
        else:
            text = completion.text
        usage = Usage(completion.usage.input_tokens, len(PIECE.findall(text)))
        return Completion(text, body["model"], usage, finish, calls)


def _structured(shape: Mapping[str, Any], messages: list[Any]) -> str:
    """The ranking of choices as the offline way sees it, or the schema filled by the text."""
    said = next(m["content"] for m in messages if m["role"] == "user")
    if shape["name"] != "ranking":
        return json.dumps(_filled(shape["schema"], shape["schema"].get("$defs", {}), said))
    system = next(m["content"] for m in messages if "Choices, in JSON:" in str(m["content"]))
    listed = json.loads(system[system.index("\n[") :])
    choices = [
        Choice(c["name"], c["description"], tuple(c["capabilities"]), tuple(c["examples"]))
        for c in listed
    ]
    ranked = Ranker(choices).rank(said)
    return json.dumps({"ranking": [{"name": r.name, "confidence": r.score} for r in ranked]})


def _filled(schema: Mapping[str, Any], defs: Mapping[str, Any], said: str) -> Any:
    if "$ref" in schema:
        return _filled(defs[schema["$ref"].rsplit("/", 1)[-1]], defs, said)
    if "anyOf" in schema:
        texts = [one for one in schema["anyOf"] if one.get("type") == "string"]
        plain = [one for one in texts if "enum" not in one]
        return _filled(plain[0], defs, said) if plain else None
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "object":
            properties = schema.get("properties", {})
            return {name: _filled(inner, defs, said) for name, inner in properties.items()}
        case "string":
            return said
        case "integer" | "number":
            return int((re.findall(r"\d+", said) or ["0"])[0])
        case "boolean":
            return False
        case "array":
            return []
    return None


def _frame(body: Mapping[str, Any], kind: str, choices: list[Any], **more: Any) -> dict[str, Any]:
    head = {"id": "chatcmpl-1", "object": kind, "created": 1, "model": f"{body['model']}-2026"}
    return {**head, "choices": choices, **more}


def _usage(usage: Usage) -> dict[str, Any]:
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.input_tokens // 2},
        "completion_tokens_details": {"reasoning_tokens": 0},
    }


def _error(fault: Fault) -> web.Response:
    """As Azure words them: the reason of a refusal may quote what was said."""
    error: dict[str, Any] = {"code": fault.code, "message": "no: SECRET WORDS OF A PERSON"}
    if fault.code == "content_filter":
        error["innererror"] = {"code": "ResponsibleAIPolicyViolation"}
    return web.json_response({"error": error}, status=fault.status, headers=fault.headers)


def _drop(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.openai_server", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--key", default=KEY)
    options = parser.parse_args()
    server = OpenAIServer(key=options.key)
    await server.start(options.port)
    print("ready", server.url, flush=True)
    try:
        await asyncio.Event().wait()
    finally:
        await server.close()


if __name__ == "__main__":
    asyncio.run(main())
