"""One deployment of a model on Azure OpenAI or OpenAI, through the official SDK.

Azure is spoken to on its v1 route, which takes the deployment's name as `model`, so both are
one client with another base URL. The SDK's own retries are off: `shared/ai/pool.py` retries.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from shared.ai.aliases import OUTPUT_TOKENS
from shared.ai.extraction import takes_strict
from shared.ai.metered import Reading, plus
from shared.ai.openai_errors import FILTERED, OPERATOR, translated
from shared.ai.service_name import service_name
from shared.errors import Refused, Unavailable
from shared.parse import storable
from shared.ports.models import Completion, ToolCall, Usage

if TYPE_CHECKING:
    from openai import AsyncOpenAI

SECONDS = 30.0
"""Time for one call; for a stream, time to its next piece."""

SCOPE = "https://cognitiveservices.azure.com/.default"

DRAIN_SECONDS = 2.0
"""How long a stream that its reader left is read on for the provider's own count."""

EMBEDDED_AT_ONCE = 256
"""Texts in one request; the service takes 2048 and 300,000 tokens."""


class Endpoint:
    """One resource and the key to it; `key` is a secret, or gives a token for each call."""

    def __init__(
        self,
        base_url: str,
        *,
        provider: str,
        key: str | Callable[[], Awaitable[str]],
        seconds: float = SECONDS,
        headers: Callable[[], Awaitable[dict[str, str]]] | None = None,
    ) -> None:
        self.base_url = base_url
        self._headers = headers
        self.provider = provider
        self.seconds = seconds
        self._key = key
        self._client: AsyncOpenAI | None = None

    def client(self) -> Any:
        if self._client is None:
            from openai import AsyncOpenAI

            self._client = AsyncOpenAI(
                base_url=self.base_url, api_key=self._key, max_retries=0, timeout=self.seconds
            )
        return self._client

    async def headers(self) -> dict[str, str] | None:
        """Those that a call needs beside the key, None when there are none."""
        return await self._headers() if self._headers else None

    async def check(self) -> str:
        """Whether the key opens the door; a list of models costs no tokens."""
        try:
            with translated("the AI service", self.provider, self.seconds, Reading()):
                await self.client().models.list(extra_headers=await self.headers())
        except Unavailable as error:
            return str(error)
        return ""

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()
            self._client = None


class OpenAIModel:
    """The ChatModel of one deployment."""

    structured = True

    def __init__(
        self, endpoint: Endpoint, deployment: str, *, output_tokens: int = OUTPUT_TOKENS
    ) -> None:
        self.name = deployment
        self._output_tokens = output_tokens
        self.provider = endpoint.provider
        self._endpoint = endpoint

    async def complete(
        self,
        messages: Sequence[Mapping[str, Any]],
        tools: Sequence[Mapping[str, Any]] = (),
        *,
        schema: Mapping[str, Any] | None = None,
        reading: Reading | None = None,
    ) -> Completion:
        reading = reading or Reading()
        options: dict[str, Any] = {"tools": list(tools)} if tools else {}
        if schema is not None:
            name, strict = service_name(schema["title"]), takes_strict(schema)
            shape = {"name": name, "strict": strict, "schema": schema}
            options["response_format"] = {"type": "json_schema", "json_schema": shape}
        with self._translated(reading):
            async with asyncio.timeout(self._endpoint.seconds):
                answer = await self._endpoint.client().chat.completions.create(
                    model=self.name,
                    messages=list(messages),
                    max_completion_tokens=self._output_tokens,
                    extra_headers=await self._endpoint.headers(),
                    **options,
                )
            _note(answer, reading)
            message = answer.choices[0].message
            text = storable(message.content or message.refusal or "")
            calls = [
                ToolCall(call.id, storable(call.function.name), storable(call.function.arguments))
                for call in message.tool_calls or ()
                if call.type == "function"
            ]
        if reading.finish == "content_filter":
            raise Refused("the content filter declined it", FILTERED)
        return Completion(
            text,
            answer.model,
            reading.usage or Usage(),
            "refusal" if message.refusal else reading.finish,
            calls,
        )

    async def stream(
        self,
        messages: Sequence[Mapping[str, Any]],
        tools: Sequence[Mapping[str, Any]] = (),
        *,
        reading: Reading | None = None,
    ) -> AsyncGenerator[str, None]:
        reading = reading or Reading()
        options: dict[str, Any] = {"tools": list(tools)} if tools else {}
        with self._translated(reading):
            chunks = await self._endpoint.client().chat.completions.create(
                model=self.name,
                messages=list(messages),
                max_completion_tokens=self._output_tokens,
                stream=True,
                stream_options={"include_usage": True},
                extra_headers=await self._endpoint.headers(),
                **options,
            )
        held = ""
        try:
            while (piece := await self._next(chunks, reading)) is not None:
                held, piece = halves(held + piece)
                if piece:
                    yield piece
            if held:
                yield storable(held)
        except GeneratorExit:
            await self._drain(chunks, reading)
            raise
        finally:
            await chunks.close()
        if reading.finish == "content_filter":
            raise Refused("the content filter declined it", FILTERED)
        if not reading.finish:
            reading.error = "truncated"
            raise Unavailable(f"{self.name} broke off in the middle", maybe_done=True)

    async def embed(
        self, texts: Sequence[str], *, reading: Reading | None = None
    ) -> list[list[float]]:
        reading = reading or Reading()
        vectors: list[list[float]] = []
        for start in range(0, len(texts), EMBEDDED_AT_ONCE):
            # an empty text is refused by the service
            some = [text or " " for text in texts[start : start + EMBEDDED_AT_ONCE]]
            with self._translated(reading):
                async with asyncio.timeout(self._endpoint.seconds):
                    answer = await self._endpoint.client().embeddings.create(
                        model=self.name,
                        input=some,
                        extra_headers=await self._endpoint.headers(),
                    )
                used = Usage(answer.usage.prompt_tokens)
                reading.usage = plus(reading.usage or Usage(), used)
                reading.model = answer.model
                found = sorted(answer.data, key=lambda item: item.index)
                if len(found) != len(some):
                    raise ValueError("a vector is missing")
            vectors += [item.embedding for item in found]
        return vectors

    async def check(self) -> str:
        return await self._endpoint.check()

    def _translated(self, reading: Reading) -> Any:
        return translated(self.name, self.provider, self._endpoint.seconds, reading)

    async def _next(self, chunks: Any, reading: Reading) -> str | None:
        """The next piece, "" for a chunk without text, None at the end."""
        with self._translated(reading):
            chunk = await anext(chunks, None)
            if chunk is None:
                return None
            _note(chunk, reading)
            delta = chunk.choices[0].delta if chunk.choices else None
            return (delta.content or delta.refusal or "") if delta else ""

    async def _drain(self, chunks: Any, reading: Reading) -> None:
        """Read what is left for the usage in the last chunk: what is generated is paid for."""
        with suppress(Unavailable, TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                while await self._next(chunks, reading) is not None:
                    pass


def halves(text: str) -> tuple[str, str]:
    """What has to wait for the next piece, as half a surrogate pair, and what is text."""
    if "\ud800" <= text[-1:] <= "\udbff":
        return text[-1], storable(text[:-1])
    return "", storable(text)


def _note(answer: Any, reading: Reading) -> None:
    """What a completion or a chunk of one tells; Azure's first and last chunks tell little."""
    reading.id = answer.id or reading.id
    reading.model = answer.model or reading.model
    if answer.choices and answer.choices[0].finish_reason:
        reading.finish = answer.choices[0].finish_reason
    if answer.usage is not None:
        prompt, output = answer.usage.prompt_tokens_details, answer.usage.completion_tokens_details
        reading.usage = Usage(
            answer.usage.prompt_tokens,
            answer.usage.completion_tokens,
            (prompt.cached_tokens or 0) if prompt else 0,
            (output.reasoning_tokens or 0) if output else 0,
        )


async def token(credential: Any) -> str:
    """An Entra ID token for the service; Unavailable with what to set when there is none."""
    try:
        granted = await credential.get_token(SCOPE)
    except Exception as error:
        raise Unavailable(
            f"Azure gave no token for Azure OpenAI ({type(error).__name__}): set FABRIC_AI_KEY, or "
            "give the app an identity with the role Cognitive Services OpenAI User",
            after=OPERATOR,
        ) from None
    text: str = granted.token
    return text
