"""Questions that had no answer: those alike together, with examples, identifiers hidden."""

from dataclasses import dataclass, field

from shared.fabric import Fabric
from shared.observability.redacted import hidden
from shared.operations.reports.days import by_bot, used
from shared.operations.reports.period import Period
from shared.operations.reports.turns import Scope
from shared.records.seen import transcript_of
from shared.text.words import terms

MOST = 1000
"""Of each bot the newest so many are read."""

ALIKE = 0.4
"""Share of the words of two questions that they have in common when they are alike."""

EXAMPLES, EXAMPLE_CHARACTERS = 3, 160


@dataclass(frozen=True, slots=True)
class Cluster:
    """Questions of one bot that are alike; `examples` in the words of people."""

    bot: str
    count: int
    words: list[str]
    examples: list[str]


@dataclass(slots=True)
class _Heap:
    words: set[str]
    questions: list[str] = field(default_factory=list)


async def unanswered(fabric: Fabric, scope: Scope, period: Period) -> list[Cluster]:
    """Gather what the transcripts still have of them, the most frequent first."""
    found: list[Cluster] = []
    for bot, one in by_bot(await used(fabric, scope, period, present=True)).items():
        newest = sorted(set(one.tally.present.unanswered), key=lambda one: one.at)[-MOST:]
        questions = []
        for asked in newest:
            if said := await transcript_of(fabric.store, asked.conversation, asked.event):
                questions.append(str(said.body["text"]))
        found += [_cluster(bot, heap) for heap in heaps(questions)]
    return sorted(found, key=lambda cluster: (-cluster.count, cluster.bot, cluster.words))


def heaps(questions: list[str]) -> list[_Heap]:
    """Lay each question to the heap whose words it shares most of, else begin one."""
    made: list[_Heap] = []
    for question in questions:
        words = set(terms(question))
        if not words:
            continue
        near = max(made, key=lambda heap: _alike(heap.words, words), default=None)
        if near is None or _alike(near.words, words) < ALIKE:
            near = _Heap(words)
            made.append(near)
        near.questions.append(question)
    return made


def _alike(one: set[str], other: set[str]) -> float:
    return len(one & other) / len(one | other)


def _cluster(bot: str, heap: _Heap) -> Cluster:
    different = list(dict.fromkeys(hidden(question) for question in reversed(heap.questions)))
    examples = [example[:EXAMPLE_CHARACTERS] for example in different[:EXAMPLES]]
    return Cluster(
        bot, len(heap.questions), [hidden(word) for word in sorted(heap.words)], examples
    )
