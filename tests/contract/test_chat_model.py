"""What every chat model promises. A new one joins by a line in MODELS."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from math import fsum, isclose
from typing import Any

import pytest

from shared.ai.offline import OfflineModels
from shared.ai.openai_models import OpenAIModels
from shared.observability.meter import metering
from shared.ports.models import ChatModel, Models
from stand_ins.openai.server import KEY, OpenAIServer


def openai(scheme: str, server: OpenAIServer) -> OpenAIModels:
    """The real SDK against the stand-in."""

    def nobody() -> Any:
        raise AssertionError("there is a key")

    return OpenAIModels(
        f"{scheme}://{server.host}",
        "",
        base_url=lambda host: f"http://{host}",
        key=KEY,
        credential=nobody,
    )


MODELS: dict[str, Callable[[OpenAIServer], Models]] = {
    "offline": lambda server: OfflineModels(),
    "openai": lambda server: openai("openai", server),
    "azure-openai": lambda server: openai("azure-openai", server),
}

MESSAGES: list[dict[str, Any]] = [
    {"role": "system", "content": "The office opens at eight. The canteen opens at noon."},
    {"role": "user", "content": "When does the office open?"},
]
TOOL = {"type": "function", "function": {"name": "clock", "parameters": {"type": "object"}}}


SCHEMA = {
    "title": "opening",
    "type": "object",
    "properties": {"place": {"type": "string"}},
    "required": ["place"],
    "additionalProperties": False,
}


@pytest.fixture(params=MODELS)
async def model(request: pytest.FixtureRequest) -> AsyncIterator[ChatModel]:
    async with OpenAIServer() as server:
        models = MODELS[request.param](server)
        yield models.named("default")
        await models.close()


async def test_it_has_a_name_and_works(model: ChatModel) -> None:
    assert model.name
    assert await model.check() == ""


async def test_a_completion_says_something_and_who_said_it(model: ChatModel) -> None:
    completion = await model.complete(MESSAGES)
    assert completion.text
    assert completion.model
    assert completion.finish == "stop"


async def test_a_completion_counts_tokens_in_and_out(model: ChatModel) -> None:
    usage = (await model.complete(MESSAGES)).usage
    assert usage.input_tokens > 0
    assert usage.output_tokens > 0


async def test_content_may_be_a_list_of_parts(model: ChatModel) -> None:
    parts = [{"type": "text", "text": "When does the office open?"}]
    assert (await model.complete([MESSAGES[0], {"role": "user", "content": parts}])).text


async def test_tools_may_be_offered(model: ChatModel) -> None:
    completion = await model.complete(MESSAGES, [TOOL])
    assert completion.text or completion.tool_calls


async def test_the_pieces_of_a_stream_make_the_completion(model: ChatModel) -> None:
    pieces = [piece async for piece in model.stream(MESSAGES)]
    assert len(pieces) > 1
    assert "".join(pieces) == (await model.complete(MESSAGES)).text


async def test_texts_become_unit_vectors_of_one_length(model: ChatModel) -> None:
    vectors = await model.embed(["open the door", "", "öffne die Tür", "开门"])
    assert len(vectors) == 4
    assert len({len(vector) for vector in vectors}) == 1
    for vector in vectors:
        assert isclose(fsum(x * x for x in vector), 1.0, abs_tol=1e-6)


async def test_the_same_text_has_the_same_vector(model: ChatModel) -> None:
    first, other, again = await model.embed(["open", "close", "open"])
    assert first == again != other


async def test_no_texts_are_no_vectors(model: ChatModel) -> None:
    assert await model.embed([]) == []


async def test_json_keeps_to_the_schema_where_the_model_can(model: ChatModel) -> None:
    completion = await model.complete(MESSAGES, schema=SCHEMA)
    assert completion.text
    if model.structured:
        assert list(json.loads(completion.text)) == ["place"]


async def test_every_call_is_metered(model: ChatModel) -> None:
    with metering() as meter:
        usage = (await model.complete(MESSAGES)).usage
        assert "".join([piece async for piece in model.stream(MESSAGES)])
        await model.embed(["open the door"])
    assert [call.operation for call in meter.calls] == ["chat", "chat", "embeddings"]
    assert [call.outcome for call in meter.calls] == ["ok"] * 3
    assert [call.alias for call in meter.calls] == ["default"] * 3
    assert meter.calls[0].usage == meter.calls[1].usage == usage
    assert meter.calls[2].usage.input_tokens > 0
    assert all(call.model for call in meter.calls)


async def test_a_stream_that_is_left_is_metered_as_aborted(model: ChatModel) -> None:
    with metering() as meter:
        async with aclosing(model.stream(MESSAGES)) as pieces:
            assert await anext(pieces)
    [call] = meter.calls
    assert call.outcome == "aborted"
    assert call.usage.input_tokens > 0
    assert call.usage.output_tokens > 0
