"""Every call of a model is metered and logged here, whichever model it is.

One line `ai.call` in the log, in the words of OpenTelemetry's GenAI conventions, and one
`ModelCall` for the ledger; text of messages is in neither.
"""

import contextvars
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from math import ceil
from time import monotonic
from typing import Any, Protocol

from shared.errors import TransientError
from shared.observability import conventions as names
from shared.observability import log, meter, trace
from shared.observability.meter import ModelCall
from shared.ports.models import Completion, Usage, texts_in

CHARACTERS_PER_TOKEN = 4
"""For an estimate, where the provider's own count did not arrive."""


@dataclass
class Reading:
    """What a model tells of a call while it runs. `usage` is None until the provider counts.

    `error` is a short code for what went wrong: an HTTP status, `timeout`, `connection`.
    """

    usage: Usage | None = None
    model: str = ""
    id: str = ""
    finish: str = ""
    error: str = ""


class Measured(Protocol):
    """A chat model that notes what it knows of a call in the `reading` it is given."""

    name: str
    provider: str
    structured: bool

    async def complete(
        self,
        messages: Sequence[Mapping[str, Any]],
        tools: Sequence[Mapping[str, Any]] = (),
        *,
        schema: Mapping[str, Any] | None = None,
        reading: Reading | None = None,
    ) -> Completion: ...

    def stream(
        self,
        messages: Sequence[Mapping[str, Any]],
        tools: Sequence[Mapping[str, Any]] = (),
        *,
        reading: Reading | None = None,
    ) -> AsyncGenerator[str, None]: ...

    async def embed(
        self, texts: Sequence[str], *, reading: Reading | None = None
    ) -> list[list[float]]: ...

    async def check(self) -> str: ...


class Metered:
    """The ChatModel `model`, with every call of it counted for `alias`."""

    def __init__(self, model: Measured, alias: str) -> None:
        self.name = model.name
        self.structured = model.structured
        self._model = model
        self._alias = alias

    async def complete(
        self,
        messages: Sequence[Mapping[str, Any]],
        tools: Sequence[Mapping[str, Any]] = (),
        *,
        schema: Mapping[str, Any] | None = None,
    ) -> Completion:
        with _Call(self._model, self._alias, "chat", messages, tools, schema) as call:
            return await self._model.complete(messages, tools, schema=schema, reading=call.reading)

    async def stream(
        self, messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]] = ()
    ) -> AsyncGenerator[str, None]:
        with _Call(self._model, self._alias, "chat", messages, tools) as call:
            async with aclosing(
                self._model.stream(messages, tools, reading=call.reading)
            ) as pieces:
                async for piece in pieces:
                    call.received += len(piece)
                    yield piece

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        with _Call(self._model, self._alias, "embeddings", texts) as call:
            return await self._model.embed(texts, reading=call.reading)

    async def check(self) -> str:
        return await self._model.check()


class _Call:
    """One call from beginning to end; whoever leaves before its end has aborted it.

    It is recorded in the context it began in: a stream that is left may end in another.
    """

    def __init__(self, model: Measured, alias: str, operation: str, *sent: Any) -> None:
        self.reading = Reading()
        self.received = 0
        self._model, self._alias, self._operation, self._sent = model, alias, operation, sent
        self._context = contextvars.copy_context()
        self._began = monotonic()

    def __enter__(self) -> "_Call":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: Any, trace: object) -> None:
        if kind is None:
            outcome = "ok"
        elif isinstance(error, Exception):
            outcome = self.reading.error or kind.__name__
        else:
            outcome = "aborted"
        usage = self.reading.usage
        worked = outcome in ("ok", "aborted") or self.received > 0
        worked = worked or (isinstance(error, TransientError) and error.maybe_done)
        estimated = usage is None and worked
        if usage is None:
            usage = self._estimate() if worked else Usage()
        call = ModelCall(
            self._alias,
            self._model.name,
            self._operation,
            usage,
            model=self.reading.model,
            finish=self.reading.finish,
            outcome=outcome,
            seconds=monotonic() - self._began,
        )
        self._context.run(self._record, call, estimated)

    def _estimate(self) -> Usage:
        sent = sum(map(len, texts_in(self._sent)))
        return Usage(*(ceil(count / CHARACTERS_PER_TOKEN) for count in (sent, self.received)))

    def _record(self, call: ModelCall, estimated: bool) -> None:
        meter.record(call)
        usage = call.usage
        attributes: dict[str, trace.Value] = {
            names.MODEL_OPERATION: call.operation,
            names.PROVIDER: self._model.provider,
            names.MODEL: call.deployment,
            names.ANSWERED_BY: call.model,
            names.INPUT_TOKENS: usage.input_tokens,
            names.OUTPUT_TOKENS: usage.output_tokens,
            names.CACHED_TOKENS: usage.cached_tokens,
            names.REASONING_TOKENS: usage.reasoning_tokens,
        }
        error = "" if call.outcome == "ok" else call.outcome
        trace.record(f"{call.operation} {call.deployment}", call.seconds, error=error, **attributes)
        fields: dict[str, object] = {
            "gen_ai.operation.name": call.operation,
            "gen_ai.provider.name": self._model.provider,
            "gen_ai.request.model": call.deployment,
            "gen_ai.response.model": call.model,
            "gen_ai.response.id": self.reading.id,
            "gen_ai.response.finish_reasons": [call.finish] if call.finish else [],
            "gen_ai.usage.input_tokens": usage.input_tokens,
            "gen_ai.usage.output_tokens": usage.output_tokens,
            "gen_ai.usage.cache_read.input_tokens": usage.cached_tokens,
            "gen_ai.usage.reasoning.output_tokens": usage.reasoning_tokens,
            "alias": call.alias,
            "ms": round(call.seconds * 1000, 1),
        }
        if call.outcome != "ok":
            fields["error.type"] = call.outcome
        if estimated:
            fields["estimated"] = True
        write = log.info if call.outcome in ("ok", "aborted") else log.warning
        write("ai.call", **fields)


def plus(one: Usage, other: Usage) -> Usage:
    """The sum of two."""
    return replace(
        one,
        input_tokens=one.input_tokens + other.input_tokens,
        output_tokens=one.output_tokens + other.output_tokens,
        cached_tokens=one.cached_tokens + other.cached_tokens,
        reasoning_tokens=one.reasoning_tokens + other.reasoning_tokens,
    )
