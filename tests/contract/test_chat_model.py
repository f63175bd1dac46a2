"""What every chat model promises. A new one joins by a line in MODELS."""

from collections.abc import Callable
from math import fsum, isclose
from typing import Any

import pytest

from shared.ai.offline import OfflineModel
from shared.ports import ChatModel

MODELS: list[Callable[[], ChatModel]] = [OfflineModel]

MESSAGES: list[dict[str, Any]] = [
    {"role": "system", "content": "The office opens at eight. The canteen opens at noon."},
    {"role": "user", "content": "When does the office open?"},
]
TOOL = {"type": "function", "function": {"name": "clock", "parameters": {"type": "object"}}}


@pytest.fixture(params=MODELS)
def model(request: pytest.FixtureRequest) -> ChatModel:
    made: ChatModel = request.param()
    return made


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
