"""Typed async functions as tools: what the model gets back, right or wrong."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field

from shared.ai.assistant import Assistant
from shared.ai.metered import Metered
from shared.ai.openai import Endpoint, OpenAIModel
from shared.ai.tools import MAX_CALLS, MAX_ROUNDS, Toolbox
from shared.errors import Unavailable
from shared.ports.models import ToolCall
from stand_ins.openai.server import KEY, OpenAIServer


async def stock(
    article: Annotated[str, Field(description="number of the article")],
    place: Literal["north", "south"] = "north",
) -> dict[str, Any]:
    """How many pieces there are of an article."""
    return {"article": article, "place": place, "pieces": 7}


async def wait_for_ever() -> None:
    """Never comes back."""
    await asyncio.Event().wait()


async def much() -> str:
    """Says a lot."""
    return "x" * 100_000


async def stumble(number: int) -> int:
    """Fails."""
    return 1 // (number - number)


async def down() -> None:
    """Needs a system that is down."""
    raise Unavailable("the warehouse", after=7)


def call(name: str, arguments: Any = "{}") -> ToolCall:
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return ToolCall("1", name, text)


def test_the_signature_is_the_schema_and_the_docstring_the_use() -> None:
    [definition] = Toolbox([stock]).definitions
    function = definition["function"]
    assert function["name"] == "stock"
    assert function["description"] == "How many pieces there are of an article."
    assert function["parameters"]["required"] == ["article"]
    properties = function["parameters"]["properties"]
    assert properties["article"]["description"] == "number of the article"
    assert properties["place"]["enum"] == ["north", "south"]


async def test_a_tool_is_called_with_checked_arguments() -> None:
    result = await Toolbox([stock]).run(call("stock", {"article": "A1", "place": "south"}))
    assert json.loads(result) == {"article": "A1", "place": "south", "pieces": 7}


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        (call("rm_rf"), "unknown_tool"),
        (call("stock", {}), "bad_arguments"),
        (call("stock", {"article": "A1", "place": "east"}), "bad_arguments"),
        (call("stock", {"article": "A1", "shelf": 1}), "bad_arguments"),
        (call("stock", '{"article": '), "bad_arguments"),
        (call("stock", "[]" * 3), "bad_arguments"),
        (call("stumble", {"number": "many"}), "bad_arguments"),
        (call("stumble", {"number": 1}), "failed"),
        (call("wait_for_ever"), "timeout"),
        (call("much"), "too_large"),
    ],
)
async def test_what_goes_wrong_is_told_to_the_model(asked: ToolCall, error: str) -> None:
    toolbox = Toolbox([stock, wait_for_ever, much, stumble], seconds=0.05)
    told = json.loads(await toolbox.run(asked))
    assert told["error"] == error
    assert told["detail"]


async def test_bad_arguments_name_the_argument() -> None:
    told = json.loads(await Toolbox([stock]).run(call("stock", {"article": 5})))
    assert told["detail"].startswith("article: ")


async def test_an_error_of_ours_decides_the_fate_of_the_turn() -> None:
    with pytest.raises(Unavailable, match="the warehouse"):
        await Toolbox([down]).run(call("down"))


def test_what_is_no_tool_is_refused_at_once() -> None:
    def plain() -> None: ...

    with pytest.raises(TypeError, match="async function"):
        Toolbox([plain])  # type: ignore[list-item]
    with pytest.raises(TypeError, match="async function"):
        Toolbox([lambda: asyncio.sleep(0)])
    with pytest.raises(ValueError, match="two tools"):
        Toolbox([stock, stock])


# --- the loop ----------------------------------------------------------------------------------


@pytest.fixture
async def server() -> AsyncIterator[OpenAIServer]:
    async with OpenAIServer() as made:
        yield made


@pytest.fixture
async def assistant(server: OpenAIServer) -> AsyncIterator[Assistant]:
    endpoint = Endpoint(f"{server.url}/v1/", provider="openai", key=KEY)
    yield Assistant(Metered(OpenAIModel(endpoint, "gpt"), "gpt"), instructions="Be brief.")
    await endpoint.close()


async def test_the_model_calls_tools_until_it_answers(
    assistant: Assistant, server: OpenAIServer
) -> None:
    messages = [{"role": "user", "content": 'call stock {"article": "A1"}'}]
    completion = await assistant.complete(messages, tools=[stock])
    assert completion.text == 'The tool says: {"article":"A1","place":"north","pieces":7}'
    assert len(messages) == 1
    first, second = server.asked
    assert [m["role"] for m in first["messages"]] == ["system", "user"]
    assert [m["role"] for m in second["messages"]] == ["system", "user", "assistant", "tool"]
    assert second["messages"][3]["tool_call_id"] == second["messages"][2]["tool_calls"][0]["id"]


async def test_a_model_that_never_stops_has_to_answer_in_the_end(
    assistant: Assistant, server: OpenAIServer
) -> None:
    async def echo(text: str) -> str:
        """Says what makes the model call again."""
        return f'call echo {{"text": "{text}"}}'

    messages = [{"role": "user", "content": 'call echo {"text": "on"}'}]
    completion = await assistant.complete(messages, tools=[echo])
    assert completion.text
    assert len(server.asked) == MAX_ROUNDS + 1
    assert "tools" not in server.asked[-1]


async def test_definitions_are_passed_on_for_the_caller_to_run(assistant: Assistant) -> None:
    [definition] = Toolbox([stock]).definitions
    messages = [{"role": "user", "content": 'call stock {"article": "A1"}'}]
    completion = await assistant.complete(messages, tools=[definition])
    assert [c.name for c in completion.tool_calls] == ["stock"]
    with pytest.raises(TypeError):
        await assistant.complete(messages, tools=[definition, stock])


async def test_too_many_calls_at_once_are_told_so(
    assistant: Assistant, server: OpenAIServer
) -> None:
    server.calls = MAX_CALLS + 2
    messages = [{"role": "user", "content": 'call stock {"article": "A1"}'}]
    await assistant.complete(messages, tools=[stock])
    results = [m["content"] for m in server.asked[-1]["messages"] if m["role"] == "tool"]
    assert ["too_many" in result for result in results] == [False] * MAX_CALLS + [True] * 2
