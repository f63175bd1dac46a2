"""Language models behind aliases."""

from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call. Cached ones are among the input, reasoning ones among the output."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0


@dataclass(frozen=True, slots=True)
class ToolCall:
    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Completion:
    """What a model said. `finish` is the field's finish_reason: stop, length, tool_calls, ..."""

    text: str
    model: str
    usage: Usage = Usage()
    finish: str = "stop"
    tool_calls: Sequence[ToolCall] = ()


def texts_in(sent: object) -> Iterator[str]:
    """Every text in messages, tools and schemas, names of keys too."""
    if isinstance(sent, str):
        yield sent
    elif isinstance(sent, Mapping):
        for key, value in sent.items():
            yield str(key)
            yield from texts_in(value)
    elif isinstance(sent, Sequence):
        for part in sent:
            yield from texts_in(part)


class ChatModel(Protocol):
    """A language model. Messages and tools have the shapes of OpenAI's chat completions."""

    name: str

    structured: bool
    """Whether it keeps to a `schema`; one that does not ignores it."""

    async def complete(
        self,
        messages: Sequence[Mapping[str, Any]],
        tools: Sequence[Mapping[str, Any]] = (),
        *,
        schema: Mapping[str, Any] | None = None,
    ) -> Completion:
        """Go on with the conversation; with a JSON schema, whose title names it, in JSON.

        Raises Unavailable (throttled, down, or set up wrongly), Refused (the content filter
        declines), PermanentError (the request is no good).
        """
        ...

    def stream(
        self, messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]] = ()
    ) -> AsyncGenerator[str, None]:
        """The text of a completion in pieces. A stream that breaks raises; it never starts again.

        Whoever leaves early closes it (`contextlib.aclosing`), and it is metered all the same.
        """
        ...

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """One unit vector for each text, all of one length."""
        ...

    async def check(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Behind:
    """The deployments of an alias, those of its vectors apart, as prices name them.

    `output_tokens` is the most that one of them answers.
    """

    deployments: Sequence[str]
    embedders: Sequence[str]
    output_tokens: int


class Models(Protocol):
    """The chat models there are, by the alias that bots name."""

    @property
    def embedder(self) -> str:
        """The deployment that makes all vectors, as prices name it; "" when none is set up."""
        ...

    def named(self, alias: str) -> ChatModel:
        """Raises ConfigurationError when nothing stands behind the alias."""
        ...

    def behind(self, alias: str) -> "Behind":
        """What may be called for the alias. Raises as `named`."""
        ...

    async def check(self) -> str: ...

    async def close(self) -> None: ...
