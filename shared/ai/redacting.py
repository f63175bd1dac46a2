"""A chat model that never sees the identifiers of people: placeholders go out, values come back.

Only what the platform and the bot's author wrote, the system's messages, goes out as it is.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from shared.ports.models import ChatModel, Completion
from shared.text.identifiers.redaction import Redaction

LONGEST_PLACEHOLDER = 16
"""Characters of `<EMAIL_1234>` and the like: a stream is held back so far at an open bracket."""


class Redacting:
    """The ChatModel `model`, for a bot that declares `personal_data = "redact"`."""

    def __init__(self, model: ChatModel) -> None:
        self._model = model
        self.name = model.name
        self.structured = model.structured

    async def complete(
        self,
        messages: Sequence[Mapping[str, Any]],
        tools: Sequence[Mapping[str, Any]] = (),
        *,
        schema: Mapping[str, Any] | None = None,
    ) -> Completion:
        redaction = Redaction()
        sent = [_redacted(message, redaction) for message in messages]
        completion = await self._model.complete(sent, tools, schema=schema)
        if redaction.is_empty:
            return completion
        calls = [
            replace(call, arguments=redaction.restore(call.arguments))
            for call in completion.tool_calls
        ]
        return replace(completion, text=redaction.restore(completion.text), tool_calls=calls)

    async def stream(
        self, messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]] = ()
    ) -> AsyncGenerator[str, None]:
        redaction, held = Redaction(), ""
        sent = [_redacted(message, redaction) for message in messages]
        async with aclosing(self._model.stream(sent, tools)) as pieces:
            async for piece in pieces:
                text = held + piece
                open_at = text.rfind("<", max(0, len(text) - LONGEST_PLACEHOLDER))
                cut = len(text) if open_at < 0 or ">" in text[open_at:] else open_at
                held = text[cut:]
                if ready := redaction.restore(text[:cut]):
                    yield ready
        if held:
            yield redaction.restore(held)

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        redaction = Redaction()
        return await self._model.embed([redaction.redact(text) for text in texts])

    async def check(self) -> str:
        return await self._model.check()


def _redacted(message: Mapping[str, Any], redaction: Redaction) -> Mapping[str, Any]:
    """The message with placeholders in its texts and in the arguments of its calls."""
    if message.get("role") == "system":
        return message
    return {
        key: _texts(value, redaction) if key in _SAID else value for key, value in message.items()
    }


_SAID = ("content", "tool_calls", "name")
_CODES = ("type", "role", "id", "tool_call_id")


def _texts(value: Any, redaction: Redaction) -> Any:
    if isinstance(value, str):
        return redaction.redact(value)
    if isinstance(value, Mapping):
        return {k: v if k in _CODES else _texts(v, redaction) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_texts(one, redaction) for one in value]
    return value
