"""With a model, meaning routes what is clear, and the model is asked where it is not."""

from collections.abc import AsyncIterator

import pytest

from shared.ai.openai_models import OpenAIModels
from stand_ins.openai.server import KEY, OpenAIServer
from tests.unit.dialogue.desk import Desk


@pytest.fixture
async def server(desk: Desk) -> AsyncIterator[OpenAIServer]:
    async with OpenAIServer() as made:
        desk.fabric.ai.models = OpenAIModels(
            f"openai://{made.host}",
            "default=gpt",
            base_url=lambda host: f"http://{host}",
            key=KEY,
            credential=lambda: None,  # type: ignore[arg-type,return-value]
        )
        yield made
        await desk.fabric.ai.models.close()


def asked_to_choose(server: OpenAIServer) -> int:
    return sum("response_format" in body for body in server.asked)


async def test_a_clear_question_is_routed_without_the_model_and_answered_by_it(
    desk: Desk, server: OpenAIServer
) -> None:
    server.says.append("From 11:30 to 14:00 [1].")
    assert "From 11:30 to 14:00" in await desk.say("When is lunch?")
    assert asked_to_choose(server) == 0


async def test_the_model_says_where_an_unclear_message_goes(
    desk: Desk, server: OpenAIServer
) -> None:
    server.says.append('{"ranking": [{"name": "repairs", "confidence": 0.9}]}')
    said = "the thing on the second floor does what it did last week again"
    assert await desk.say(said) == f"To be repaired: {said}"
    assert asked_to_choose(server) == 1
