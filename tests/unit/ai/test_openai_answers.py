"""Odd answers of a model's service, as public reports have them: none ends a turn by itself."""

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from typing import Any, Generic, TypeVar

import pytest
from aiohttp import web
from pydantic import BaseModel, create_model

from shared import wire
from shared.ai.extraction import extract, takes_strict
from shared.ai.openai import Endpoint, OpenAIModel
from shared.ai.service_name import service_name
from shared.ai.tools import Toolbox, converse
from shared.errors import Unavailable

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
QUESTION = [{"role": "user", "content": "q"}]


@asynccontextmanager
async def model(handler: Handler) -> AsyncIterator[OpenAIModel]:
    app = web.Application()
    app.router.add_post("/v1/chat/completions", handler)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    endpoint = Endpoint(url, provider="openai", key="k")
    try:
        yield OpenAIModel(endpoint, "gpt")
    finally:
        await endpoint.close()
        await runner.cleanup()


def completion(message: Any) -> dict[str, Any]:
    choices = [{"index": 0, "finish_reason": "stop", "message": message}]
    return {"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": choices}


def saying(body: Any) -> Handler:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(text=json.dumps(body), content_type="application/json")

    return answer


@pytest.mark.parametrize("choices", [[], None, [None], [{}], [{"message": None}], "none"])
async def test_an_answer_without_one_is_unavailable(choices: Any) -> None:
    async with model(saying({**completion({}), "choices": choices})) as gpt:
        with pytest.raises(Unavailable):
            await gpt.complete(QUESTION)


async def test_half_a_surrogate_pair_is_storable() -> None:
    function = {"name": "look\ud83d", "arguments": '{"a": "\udc00"}'}
    call = {"id": "1", "type": "function", "function": function}
    said = {"role": "assistant", "content": "cut \ud83d", "tool_calls": [call]}

    async with model(saying(completion(said))) as gpt:
        answer = await gpt.complete(QUESTION)

    assert answer.text == "cut \ufffd"
    assert wire.dumps([answer.text, answer.tool_calls[0].name, answer.tool_calls[0].arguments])


def stream(*events: Any) -> Handler:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        for event in events:
            await response.write(f"data: {json.dumps(event)}\n\n".encode())
        await response.write(b"data: [DONE]\n\n")
        return response

    return answer


def chunk(text: str, finish: str | None = None) -> dict[str, Any]:
    choices = [{"index": 0, "delta": {"content": text}, "finish_reason": finish}]
    kind = "chat.completion.chunk"
    return {"id": "x", "object": kind, "created": 1, "model": "m", "choices": choices}


async def test_a_character_cut_between_two_pieces_comes_whole() -> None:
    cut = stream(chunk("a\ud83d"), chunk("\ude00b\ud83d", "stop"))

    async with model(cut) as gpt, aclosing(gpt.stream(QUESTION)) as pieces:
        assert [piece async for piece in pieces] == ["a", "\U0001f600b", "\ufffd"]


@pytest.mark.parametrize("code", ["429", "rate_limit_exceeded"])
async def test_a_deployment_throttled_inside_a_stream_rests(code: str) -> None:
    """openai 3.57.0 raises a bare APIError for it: no status, no headers, a code."""
    error = {"error": {"message": "busy", "type": "too_many", "code": code}}
    async with model(stream(chunk("a"), error)) as gpt:
        with pytest.raises(Unavailable, match=code) as caught:
            async with aclosing(gpt.stream(QUESTION)) as pieces:
                [piece async for piece in pieces]

    assert caught.value.after == 10


async def lookup(name: str) -> str:
    """Looks somebody up."""
    return f"{name} is here"


async def measure(name: str) -> str:
    """Has a name that the service does not take."""
    return f"{name} is tall"


measure.__name__ = "größe_prüfen"


@pytest.mark.parametrize(
    ("called", "told"),
    [
        ("lookup", "Ann is here"),
        ("functions.lookup", "Ann is here"),
        ("größe_prüfen", "Ann is tall"),
        ("multi_tool_use.parallel", "unknown_tool"),
        ("", "unknown_tool"),
        ("x" * 200, "unknown_tool"),
        ("ツール", "unknown_tool"),
    ],
)
async def test_a_tool_called_by_any_name_is_answered_under_one_that_is_taken(
    called: str, told: str
) -> None:
    heard: list[dict[str, Any]] = []

    async def chat(request: web.Request) -> web.Response:
        heard.append(await request.json())
        function = {"name": called, "arguments": '{"name": "Ann"}'}
        call = {"id": "c", "type": "function", "function": function}
        said: dict[str, Any] = {"role": "assistant", "content": None, "tool_calls": [call]}
        if len(heard) > 1:
            said = {"role": "assistant", "content": "done"}
        return web.json_response(completion(said))

    async with model(chat) as gpt:
        answer = await converse(gpt, QUESTION, Toolbox([lookup, measure]))

    assert answer.text == "done"
    asked, result = heard[1]["messages"][-2:]
    names = [call["function"]["name"] for call in asked["tool_calls"]]
    names += [tool["function"]["name"] for tool in heard[0]["tools"]]
    assert all(re.fullmatch("[a-zA-Z0-9_-]{1,64}", name) for name in names), names
    assert told in result["content"]


Kind = TypeVar("Kind")


class Page(BaseModel, Generic[Kind]):
    items: list[Kind]


class Node(BaseModel):
    name: str
    children: list["Node"] = []


class Loose(BaseModel):
    values: dict[str, int]
    any: Any
    pair: tuple[int, str]


@pytest.mark.parametrize(
    ("kind", "strict", "answer"),
    [
        (Node, True, {"name": "a", "children": [{"name": "b", "children": []}]}),
        (Page[Node], True, {"items": []}),
        (create_model("Übung", name=(str, ...)), True, {"name": "x"}),
        (Loose, False, {"values": {"a": 1}, "any": None, "pair": [1, "b"]}),
    ],
)
async def test_what_is_asked_for_is_a_schema_that_the_service_takes(
    kind: Any, strict: bool, answer: Any
) -> None:
    asked: list[dict[str, Any]] = []

    async def chat(request: web.Request) -> web.Response:
        asked.append((await request.json())["response_format"]["json_schema"])
        return web.json_response(completion({"role": "assistant", "content": json.dumps(answer)}))

    async with model(chat) as gpt:
        assert isinstance(await extract(gpt, "text", kind), kind)

    assert asked[0]["schema"]["type"] == "object"
    assert re.fullmatch("[a-zA-Z0-9_-]{1,64}", asked[0]["name"])
    assert asked[0]["strict"] is strict
    assert takes_strict(asked[0]["schema"]) is strict
    if "$ref" in json.dumps(asked[0]["schema"]):
        assert "Node" in asked[0]["schema"]["$defs"]


@pytest.mark.parametrize("kind", [list[Node], int, dict[str, int]])
async def test_what_has_no_fields_cannot_be_extracted(kind: Any) -> None:
    async with model(saying({})) as gpt:
        with pytest.raises(TypeError, match="fields"):
            await extract(gpt, "text", kind)


def test_names_stay_apart_and_the_same() -> None:
    assert service_name("Page[Order]") == "Page_Order"
    assert service_name("ツール") == service_name("ツール") != service_name("道具")
