"""A chat model without key, network or weights: it quotes what it was given, or says it cannot.

Deterministic, so that a laptop, a test and a demonstration see the same answers.
"""

import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from math import log, sqrt
from typing import Any
from zlib import crc32

from shared.ai.metered import Metered, Reading
from shared.ai.ranking import features
from shared.ports.models import Behind, Completion, Usage
from shared.text.sentences import units as units_of
from shared.text.words import terms

DIMENSIONS = 1024
UNKNOWN = "I do not know."

_PASSAGE = re.compile(r"^\[(\d+)\] (.*)$", re.MULTILINE)
PASSAGES = "<passages"
"""How a message of the user begins that holds passages and asks nothing."""

MAX_STEPS = 8
"""List items that are quoted after the sentence that introduces them."""


class OfflineModel:
    """The ChatModel of `offline://`."""

    name = "offline"
    provider = "offline"
    structured = False

    async def complete(
        self,
        messages: Sequence[Mapping[str, Any]],
        tools: Sequence[Mapping[str, Any]] = (),
        *,
        schema: Mapping[str, Any] | None = None,
        reading: Reading | None = None,
    ) -> Completion:
        """Answer the last user message with sentences of what others said.

        Lines `[1] heading` open numbered passages, and a quote from one ends with its number.
        Without any, all text is quoted from. `tools` are never called, and a `schema` is more
        than it can keep to. A token is a word.
        """
        asked: list[str] = []
        given: list[str] = []
        for message in messages:
            text = _text(message)
            if message.get("role") != "user":
                given.append(text)
            elif text.startswith(PASSAGES):
                given.append("\n".join(text.splitlines()[1:-1]))
            else:
                asked.append(text)
        answer = (_quote(asked[-1], given) if asked else "") or UNKNOWN
        usage = Usage(sum(len(text.split()) for text in asked + given), len(answer.split()))
        if reading is not None:
            reading.usage, reading.model, reading.finish = usage, self.name, "stop"
        return Completion(answer, self.name, usage)

    async def stream(
        self,
        messages: Sequence[Mapping[str, Any]],
        tools: Sequence[Mapping[str, Any]] = (),
        *,
        reading: Reading | None = None,
    ) -> AsyncGenerator[str, None]:
        completion = await self.complete(messages, tools, reading=reading)
        for piece in re.findall(r"\s*\S+\s*$|\s*\S+", completion.text):
            yield piece

    async def embed(
        self, texts: Sequence[str], *, reading: Reading | None = None
    ) -> list[list[float]]:
        if reading is not None:
            reading.usage = Usage(sum(len(text.split()) for text in texts))
            reading.model = self.name
        return [_embedding(text) for text in texts]

    async def check(self) -> str:
        return ""


class OfflineModels:
    """Every alias is the one offline model."""

    embedder = ""
    """Its vectors are of words: the encoder's are better."""

    def named(self, alias: str) -> Metered:
        return Metered(OfflineModel(), alias)

    def behind(self, alias: str) -> Behind:
        return Behind((OfflineModel.name,), (OfflineModel.name,), 0)

    async def check(self) -> str:
        return ""

    async def close(self) -> None:
        """Nothing is open."""


@dataclass(frozen=True, slots=True)
class _Unit:
    """A sentence or list item. `number` is its passage's, 0 for none."""

    number: int
    heading: str
    text: str
    is_item: bool


def _quote(question: str, texts: Sequence[str]) -> str:
    """The one or two sentences, or the steps, that cover most of the question; "" when none do."""
    units = [unit for text in texts for unit in _numbered_units(text)]
    if not units:
        units = [unit for text in texts for unit in _units(0, "", text)]
    asked = set(terms(question))
    words = [set(terms(unit.text)) for unit in units]
    headings = [set(terms(unit.heading)) for unit in units]
    rarity = {term: log(1 + len(units) / (0.5 + sum(term in w for w in words))) for term in asked}

    def weight(found: set[str]) -> float:
        return sum(rarity[term] for term in asked & found)

    def score(n: int) -> float:
        """Words of its own count in full, those of its heading half; earlier passages lead."""
        own = weight(words[n]) + 0.5 * weight(headings[n] - words[n])
        return own * (1 - 0.08 * units[n].number)

    best = max(range(len(units)), key=score, default=-1)
    if best < 0 or not score(best):
        return ""
    chosen = _with_steps(units, best)
    if len(chosen) == 1:
        same = [
            n
            for n in range(len(units))
            if n != best and units[n].number == units[best].number and not units[n].is_item
        ]
        missing = {n: weight(words[n] - words[best]) for n in same}
        second = max(same, key=lambda n: (missing[n], n == best + 1, -n), default=-1)
        if second >= 0 and (missing[second] or second == best + 1):
            chosen = sorted({best, second})
    mark = f" [{units[best].number}]" if units[best].number else ""
    text = units[chosen[0]].text
    for n in chosen[1:]:
        text += ("\n" if units[n].is_item else " ") + units[n].text
    return text + mark


def _with_steps(units: Sequence[_Unit], best: int) -> list[int]:
    """The unit, and the list that it introduces or is part of."""
    first = best
    while units[first].is_item and first and units[first - 1].number == units[best].number:
        first -= 1
    last = first
    if units[first].text.endswith(":") or units[best].is_item:
        while (
            last + 1 < len(units)
            and last - first < MAX_STEPS
            and units[last + 1].is_item
            and units[last + 1].number == units[best].number
        ):
            last += 1
    return list(range(first, last + 1)) if last >= best else [best]


def _numbered_units(text: str) -> list[_Unit]:
    pieces = _PASSAGE.split(text)[1:]
    passages = zip(pieces[::3], pieces[1::3], pieces[2::3], strict=True)
    return [
        unit for number, heading, body in passages for unit in _units(int(number), heading, body)
    ]


def _units(number: int, heading: str, body: str) -> list[_Unit]:
    return [_Unit(number, heading, unit.text, unit.is_item) for unit in units_of(body)]


def _text(message: Mapping[str, Any]) -> str:
    """The text of a message, whose content is a string or a list of parts."""
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return "\n".join(part["text"] for part in content if part.get("type") == "text")


def _embedding(text: str) -> list[float]:
    """Features hashed into a unit vector, each with a sign so that collisions cancel out."""
    vector = [0.0] * DIMENSIONS
    for feature, weight in (features(text) or {"": 1.0}).items():
        hashed = crc32(feature.encode("utf-8", "replace"))
        vector[hashed % DIMENSIONS] += weight if hashed & 0x80000000 else -weight
    length = sqrt(sum(x * x for x in vector)) or 1.0
    return [x / length for x in vector]
