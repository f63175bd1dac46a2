"""What a model gets of people, and what people get back."""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from typing import Any

import pytest

from shared.ai.redacting import Redacting
from shared.fabric import Fabric
from shared.ports.models import Behind, ChatModel, Completion, ToolCall
from shared.skill import Skill
from shared.turn import Turn
from tests.lab import Lab

SAID = "I am ann@contoso.example, call me on +49 30 23125110"


class Echo:
    """Says what the last message said, in pieces of three characters, and calls a tool with it."""

    name = "echo"
    structured = True

    def __init__(self) -> None:
        self.heard: list[Any] = []

    async def complete(
        self,
        messages: Sequence[Mapping[str, Any]],
        tools: Sequence[Mapping[str, Any]] = (),
        *,
        schema: Mapping[str, Any] | None = None,
    ) -> Completion:
        self.heard += messages
        text = str(messages[-1]["content"])
        return Completion(
            text, self.name, tool_calls=[ToolCall("1", "look", f'{{"who":"{text}"}}')]
        )

    async def stream(
        self, messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]] = ()
    ) -> AsyncGenerator[str, None]:
        self.heard += messages
        text = f"a < b, {messages[-1]['content']} <"
        for start in range(0, len(text), 3):
            yield text[start : start + 3]

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        self.heard += texts
        return [[1.0] for _ in texts]

    async def check(self) -> str:
        return ""


@pytest.fixture
def echo() -> Echo:
    return Echo()


async def test_the_model_gets_placeholders_and_the_person_the_values(echo: Echo) -> None:
    rules = {"role": "system", "content": "Questions go to desk@contoso.example."}

    said = await Redacting(echo).complete([rules, {"role": "user", "content": SAID}])

    assert echo.heard[0] == rules
    assert echo.heard[1]["content"] == "I am <EMAIL_1>, call me on <PHONE_1>"
    assert said.text == SAID
    assert said.tool_calls[0].arguments == f'{{"who":"{SAID}"}}'


async def test_what_tools_said_and_were_asked_is_redacted_too(echo: Echo) -> None:
    call = {"id": "1", "type": "function", "function": {"name": "look", "arguments": SAID}}
    messages: list[Mapping[str, Any]] = [
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "1", "content": SAID},
        {"role": "user", "content": [{"type": "text", "text": SAID}]},
    ]

    await Redacting(echo).complete(messages)

    assert "contoso" not in str(echo.heard)
    assert "23125110" not in str(echo.heard)
    assert echo.heard[0]["tool_calls"][0]["id"] == "1"


async def test_a_stream_has_whole_values_in_it(echo: Echo) -> None:
    pieces = [p async for p in Redacting(echo).stream([{"role": "user", "content": SAID}])]

    assert "".join(pieces) == f"a < b, {SAID} <"
    assert "contoso" not in str(echo.heard)


async def test_vectors_are_made_without_identifiers(echo: Echo) -> None:
    await Redacting(echo).embed([SAID])
    assert echo.heard == ["I am <EMAIL_1>, call me on <PHONE_1>"]


@pytest.mark.parametrize(
    ("manifest", "asked"),
    [("", SAID), ('[safety]\npersonal_data = "redact"', "I am <EMAIL_1>, call me on <PHONE_1>")],
)
async def test_a_bot_declares_it(
    lab: Callable[..., Lab], echo: Echo, manifest: str, asked: str
) -> None:
    skill = Skill("repeat", "Repeats")

    @skill.on_message
    async def repeat(turn: Turn) -> None:
        completion = await turn.ai.complete([{"role": "user", "content": turn.text}])
        turn.reply(completion.text)

    fabric = lab(skill, manifest=manifest)
    _use(fabric, echo)
    await fabric.say(SAID)
    await fabric.drain()

    assert fabric.heard() == [SAID]
    assert echo.heard[0]["content"] == asked


def _use(fabric: Fabric, model: ChatModel) -> None:
    class One:
        embedder = ""

        def named(self, alias: str) -> ChatModel:
            return model

        def behind(self, alias: str) -> Behind:
            return Behind((alias,), (alias,), 0)

        async def check(self) -> str:
            return ""

        async def close(self) -> None: ...

    fabric.ai.models = One()
