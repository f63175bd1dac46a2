"""The models while cases are held: what they use is counted, and a cassette may stand in."""

from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from evaluation.cassette import (
    Asked,
    Cassette,
    Taped,
    completion_of,
    completion_to_dict,
    refusal_to_dict,
)
from shared.errors import ConfigurationError, Refused
from shared.observability import meter
from shared.observability.meter import ModelCall
from shared.ports.models import Behind, ChatModel, Completion, Models


class Watched:
    """The Models `models`; without them, all answers are `cassette`'s. `calls` is what they used.

    With both, what the models say is recorded.
    """

    def __init__(self, models: Models | None) -> None:
        self._models = models
        self.cassette: Cassette | None = None
        self.calls: list[ModelCall] = []

    @property
    def embedder(self) -> str:
        return self._models.embedder if self._models else ""

    def named(self, alias: str) -> ChatModel:
        return _Watched(self, alias, self._models.named(alias) if self._models else None)

    def behind(self, alias: str) -> Behind:
        return self._models.behind(alias) if self._models else Behind((), (), 0)

    async def check(self) -> str:
        return await self._models.check() if self._models else ""

    async def close(self) -> None:
        if self._models:
            await self._models.close()

    def begin(self, cassette: Cassette | None) -> None:
        """Count from nothing, with another cassette or none."""
        self.cassette, self.calls = cassette, []

    def replayed(self, asked: Asked) -> Taped:
        assert self.cassette is not None  # noqa: S101 -- it is what there is without models
        taped = self.cassette.play(asked)
        self.count(taped.calls)
        return taped

    def count(self, calls: Sequence[ModelCall]) -> None:
        """Add calls to what was used, here and for who meters outside."""
        self.calls += calls
        for call in calls:
            meter.record(call)


def _recorded(cassette: Cassette | None, alias: str) -> Mapping[str, Any]:
    if cassette is None or alias not in cassette.aliases:
        place = cassette.path if cassette else "no cassette"
        raise ConfigurationError(f"{place}: nothing of model {alias!r}; record it with --record")
    return cassette.aliases[alias]


class _Watched:
    def __init__(self, watched: Watched, alias: str, model: ChatModel | None) -> None:
        self._watched, self._alias, self._model = watched, alias, model
        about = _recorded(watched.cassette, alias) if model is None else {}
        self.name = model.name if model else str(about["name"])
        self.structured = model.structured if model else bool(about["structured"])

    async def complete(
        self,
        messages: Sequence[Mapping[str, Any]],
        tools: Sequence[Mapping[str, Any]] = (),
        *,
        schema: Mapping[str, Any] | None = None,
    ) -> Completion:
        asked = self._asked("chat", messages, tools, schema)
        if self._model is None:
            assert asked is not None  # noqa: S101
            return completion_of(self._watched.replayed(asked).answer)
        with self._counted() as used:
            try:
                completion = await self._model.complete(messages, tools, schema=schema)
            except Refused as refusal:
                self._keep(asked, refusal_to_dict(refusal), used)
                raise
        self._keep(asked, completion_to_dict(completion), used)
        return completion

    async def stream(
        self, messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]] = ()
    ) -> AsyncGenerator[str, None]:
        """The whole text as one piece: cases hear what is said, not how fast."""
        yield (await self.complete(messages, tools)).text

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        asked = self._asked("embeddings", texts)
        if self._model is None:
            assert asked is not None  # noqa: S101
            vectors: list[list[float]] = self._watched.replayed(asked).answer["vectors"]
            return vectors
        with self._counted() as used:
            vectors = await self._model.embed(texts)
        rounded = [[round(x, 6) for x in vector] for vector in vectors]
        self._keep(asked, {"vectors": rounded}, used)
        return vectors

    async def check(self) -> str:
        return await self._model.check() if self._model else ""

    def _asked(self, kind: str, *content: Any) -> Asked | None:
        cassette = self._watched.cassette
        return cassette.asked(self._alias, kind, content) if cassette else None

    def _keep(
        self, asked: Asked | None, answer: Mapping[str, Any], used: Sequence[ModelCall]
    ) -> None:
        cassette = self._watched.cassette
        if asked is not None and cassette is not None:
            about = {"name": self.name, "structured": self.structured}
            cassette.aliases.setdefault(self._alias, about)
            cassette.keep(asked, answer, used)

    @contextmanager
    def _counted(self) -> Iterator[list[ModelCall]]:
        """Yield a list that holds the calls made inside at the end, also when they fail."""
        calls = meter.current().calls
        before = len(calls)
        used: list[ModelCall] = []
        try:
            yield used
        finally:
            used += calls[before:]
            self._watched.calls += used
