"""What a skill asks of AI: complete, answer from sources, tell choices apart, fill in data."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from shared.ai.citing import ABSTAINED, NONE, Answer, cited, quotable, speaks, supported
from shared.ai.fallback import FAILURES, OFFLINE, fell_back
from shared.ai.grounded import grounded
from shared.ai.offline import PASSAGES
from shared.ai.ranking import Choice, Ranked, Ranker
from shared.ai.spoken import leaks, spoken
from shared.errors import Unavailable
from shared.observability import log
from shared.ports.knowledge import ENOUGH, Passage
from shared.ports.models import ChatModel, Completion
from shared.text.words import terms

if TYPE_CHECKING:
    from shared.ai.encoder import Encoder, Matrix
    from shared.ai.meaning import MeaningRanker
    from shared.ai.risky import Resumed
    from shared.ai.safety.noticed import Notice
    from shared.ai.tools import Approve

T = TypeVar("T")

__all__ = ["ABSTAINED", "Answer", "Assistant"]

NEAR = 0.42
"""Nearness in meaning from which a passage is worth an answer; a dialogue may ask for more."""

AS_NEAR = 0.08
"""Difference in nearness of two passages of one article that are both quoted."""

PATIENCE = 20.0
"""Seconds a person is kept waiting for the model where the offline way can stand in."""


class Assistant:
    """A chat model in the service of one bot. After `patience` in seconds words have to do."""

    def __init__(
        self,
        model: ChatModel,
        *,
        instructions: str = "",
        patience: float = PATIENCE,
        links: Sequence[str] | None = None,
        encoder: "Encoder | None" = None,
    ) -> None:
        self.noticed: Notice | None = None
        """Told of what a model is given that wants to steer the bot; it decides nothing."""
        self.resumed: Resumed | None = None
        """The call that was approved, when the turn is handled again because of that."""
        self._model = model
        self._patience = patience
        self._instructions = instructions
        self._links = links
        self.encoder = encoder

    @property
    def is_offline(self) -> bool:
        """Whether no model is configured that could understand by itself."""
        return not self._model.structured

    async def complete(
        self,
        messages: Sequence[Mapping[str, Any]],
        tools: Sequence[Mapping[str, Any] | Callable[..., Awaitable[Any]]] = (),
        *,
        approve: "Approve | None" = None,
    ) -> Completion:
        """Let the model go on with a conversation, under the bot's instructions.

        `tools` are typed async functions, which are called until the model answers, or
        definitions, whose calls are in the completion for you to make. A tool that `@writes`
        runs with what the person said, or when `approve` says so. Raises Unavailable when the
        model is down, ApprovalNeeded when a call waits for a second person: let both pass, and
        the turn is handled again.
        """
        functions = [tool for tool in tools if not isinstance(tool, Mapping)]
        if not functions:
            definitions = [tool for tool in tools if isinstance(tool, Mapping)]
            return await self._model.complete(self._instructed(messages), definitions)
        if len(functions) < len(tools):
            raise TypeError("tools are all functions or all definitions")
        from shared.ai.tools import Toolbox, converse, nobody

        texts = [str(m.get("content") or "") for m in messages if m.get("role") == "user"]
        own = "\n".join(text for text in texts if not text.startswith(PASSAGES))
        toolbox = Toolbox(functions, said=own, approve=approve or nobody, noticed=self.noticed)
        toolbox.resumed = self.resumed
        toolbox.has_read = any(text.startswith(PASSAGES) for text in texts)
        return await converse(self._model, self._instructed(messages), toolbox)

    async def answer(
        self,
        question: str,
        passages: Sequence[Passage],
        *,
        language: str = "",
        before: str = "",
    ) -> Answer:
        """Answer from the passages, or abstain: the model is asked only when one fits enough.

        `language` (`de`) is the person's, where it is known; `before` what was asked earlier,
        which helps to understand the question and is no source.
        """
        fitting = [passage for passage in passages if is_near(passage)]
        if not fitting:
            return NONE
        self._look_at(fitting)
        if self.is_offline and fitting[0].meaning is not None:
            return await self._quoted(question, fitting)
        fence = secrets.token_hex(8)  # so that no passage can end the quotation
        messages = self._instructed(
            grounded(question, fitting, fence=fence, language=language, before=before)
        )
        try:
            completion = await self._soon(self._model.complete(messages))
        except FAILURES as error:
            fell_back("answer", error)
            if fitting[0].meaning is not None:
                return replace(await self._quoted(question, fitting), degraded=True)
            offline = await _offline().complete(messages)
            return replace(cited(offline.text, fitting), degraded=True)
        texts = [f"{passage.url}\n{passage.text}" for passage in fitting]
        if fence in completion.text or leaks(completion.text, self._instructions, texts):
            log.warning("ai.leak", model=self._model.name)
            return NONE
        if not completion.text.strip():
            log.warning("ai.empty", model=self._model.name)
        said = spoken(completion.text, texts, self._links)
        answer = cited(supported(said, question, fitting), fitting)
        if language and not answer.abstained and not speaks(answer.text, language):
            log.warning("ai.language", model=self._model.name, wanted=language)
        return answer

    def _look_at(self, passages: Sequence[Passage]) -> None:
        if self.noticed is None:
            return
        from shared.ai.safety.noticed import notice

        for passage in passages:
            notice(self.noticed, "article", passage.article, quotable(passage))

    async def quote(self, question: str, passage: Passage) -> Answer:
        """What one passage says to a question, in its own words, whether it answers or not."""
        return await self._quoted(question, [passage])

    async def _quoted(self, question: str, passages: Sequence[Passage]) -> Answer:
        """The sentences of the nearest passage that answer, and of the next if it is as near."""
        from shared.ai.quoting import quote

        best = passages[0]
        others = [p for p in passages[1:] if p.article == best.article]
        near = [p for p in others if nearness(p) > nearness(best) - AS_NEAR]
        missing = set(terms(question)) - _said(best)
        near += [p for p in others if (p.meaning or 0.0) >= NEAR and missing & _said(p)]
        quoted = [
            await quote(question, passage.text, self.encoder) for passage in (best, *near[:1])
        ]
        return cited("\n\n".join(quoted), [best])

    async def classify(self, text: str, choices: Sequence[Choice]) -> list[Ranked]:
        """Every choice with the confidence that the text asks for it, the likeliest first."""
        if not choices:
            return []
        if not self._model.structured:
            fell_back("classify", OFFLINE)
            return await self._rank(text, tuple(choices))
        from shared.ai.choosing import choose

        try:
            return await self._soon(choose(self._model, text, choices))
        except FAILURES as error:
            fell_back("classify", error)
            ranked = await self._rank(text, tuple(choices))
            return [replace(choice, degraded=True) for choice in ranked]

    async def nearest(self, text: str, choices: Sequence[Choice]) -> dict[str, float]:
        """How near the text is to the nearest words of each choice, from -1 to 1.

        Empty when there is no encoder, or not yet.
        """
        found = await self._by_meaning(text, tuple(choices))
        return {} if found is None else found[0].nearest(found[1])

    async def _rank(self, text: str, choices: tuple[Choice, ...]) -> list[Ranked]:
        """Without a model: by meaning and words, by words alone while there is no encoder."""
        found = await self._by_meaning(text, choices)
        return _ranker(choices).rank(text) if found is None else found[0].rank(text, found[1])

    async def _by_meaning(
        self, text: str, choices: tuple[Choice, ...]
    ) -> "tuple[MeaningRanker, Matrix] | None":
        if self.encoder is None or not choices:
            return None
        from shared.ai.meaning import MeaningRanker

        vectors = await self.encoder.matrix_for(text, MeaningRanker.texts(choices))
        vector = None if vectors is None else await self.encoder.vector(text)
        if vectors is None or vector is None:
            return None
        return _meaning_ranker(choices, self.encoder), vector

    async def extract(self, text: str, kind: type[T]) -> T:
        """A pydantic model or dataclass, its fields filled in from a text.

        Raises NotExtracted (`shared.ai.extraction`) when the text does not give it, and always
        without a model: the offline way does not read. Raises Unavailable when the model is
        down. Catch both where there is another way to ask.
        """
        from shared.ai.extraction import NotExtracted, extract

        if not self._model.structured:
            raise NotExtracted(OFFLINE, "no model is configured: FABRIC_AI_URL is offline://")
        return await extract(self._model, text, kind)

    async def _soon(self, call: Awaitable[T]) -> T:
        try:
            async with asyncio.timeout(self._patience):
                return await call
        except TimeoutError:
            raise Unavailable(f"no answer within {self._patience:g} s") from None

    def _instructed(self, messages: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        head = {"role": "system", "content": self._instructions}
        return [head, *messages] if self._instructions else list(messages)


def nearness(passage: Passage) -> float:
    """How near a passage is by meaning and words together."""
    return (passage.meaning or 0.0) + 0.25 * passage.score


def _said(passage: Passage) -> set[str]:
    """The words of a passage and of the questions that it answers."""
    return set(terms(" ".join([passage.heading, passage.text, *passage.asked])))


def is_near(passage: Passage) -> bool:
    """Whether a passage covers enough of a question's words, or of its meaning."""
    return passage.score >= ENOUGH or (passage.meaning or 0.0) >= NEAR


def _offline() -> ChatModel:
    from shared.ai.offline import OfflineModels

    return OfflineModels().named("offline")


@lru_cache(maxsize=64)
def _meaning_ranker(choices: tuple[Choice, ...], encoder: "Encoder") -> "MeaningRanker":
    """The ranker of choices whose vectors are there."""
    from shared.ai.meaning import MeaningRanker

    vectors = encoder.matrix(MeaningRanker.texts(choices))
    assert vectors is not None  # noqa: S101 the caller has seen them
    return MeaningRanker(choices, vectors)


@lru_cache(maxsize=256)
def _ranker(choices: tuple[Choice, ...]) -> Ranker:
    return Ranker(choices)
