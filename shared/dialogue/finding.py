"""What the articles have to a message: what it leaves out is taken from what went before."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.dialogue.context import completed, is_short, leans
from shared.dialogue.split import clauses
from shared.dialogue.summary import carried_on
from shared.ports.knowledge import Passage
from shared.turn import Turn

ELSEWHERE_BY = 0.1
"""Lead in nearness of another article, from which a message begins a new topic."""

FAR_ELSEWHERE_BY = 0.15
"""The same for a message that says that it goes on, as by "and" or "them"."""

WITHIN = 0.3
"""Nearness that a message needs to the article it goes on about."""

LEAD = 0.5
"""What it counts by how much an article is nearer than all others."""

MOST_LEAD = 0.2
"""A lead beyond this counts no more."""

COVERED = 0.1
"""What it counts that a passage has all words of a question."""

CLAUSE_BY = 0.1
"""Lead in nearness of a piece of a message over the whole of it."""

ALL = 10_000
"""Passages, when all are to be compared."""


@dataclass(frozen=True, slots=True)
class Near:
    """How near the articles come to a message: by meaning, and with all that speaks for it."""

    meaning: float
    weight: float


async def nearness(turn: Turn, question: str) -> Near | None:
    """How near the articles come to a question, and what went before it; None without meaning."""
    passages, asked = await understood(turn, question)
    if not passages or passages[0].meaning is None:
        return None
    borders = await turn.knowledge.borders()
    least = borders.sure if asked != question else 0.0
    return Near(max(passages[0].meaning, least), max(weight(passages), least))


def weight(passages: Sequence[Passage]) -> float:
    """How much speaks for the first of all passages: nearness, its lead, and words."""
    best = passages[0]
    meaning = best.meaning or 0.0
    others = (p.meaning or 0.0 for p in passages if p.article != best.article)
    lead = min(max(meaning - max(others, default=0.0), 0.0), MOST_LEAD)
    return meaning + LEAD * lead + COVERED * best.score


async def remember(turn: Turn, said: str) -> None:
    """Keep what a message is about, though it was not answered, for the next one to lean on."""
    passages = await _alone(turn, said)
    borders = await turn.knowledge.borders()
    if passages and passages[0].meaning is not None and weight(passages) >= borders.fit:
        turn.about = carried_on(turn.about, said, passages[0].article, turn.now)


async def understood(turn: Turn, question: str) -> tuple[Sequence[Passage], str]:
    """The passages, best first, and the question as it was understood."""
    topic = turn.about
    alone = await _alone(turn, question)
    if topic is None or topic.is_over(turn.now) or not (leans(question) or is_short(question)):
        return alone, question
    asked = completed(question, topic.question)
    if not alone or alone[0].meaning is None:
        return await _by_words(turn, question, asked, alone)
    borders = await turn.knowledge.borders()
    inside = [passage for passage in alone if passage.article == topic.article]
    if not inside:
        return alone, question
    nearest, here = alone[0].meaning, inside[0].meaning or 0.0
    lead = FAR_ELSEWHERE_BY if leans(question) else ELSEWHERE_BY
    elsewhere = alone[0].article != topic.article and nearest - here > lead
    if nearest >= borders.sure and (elsewhere or not leans(question)):
        return alone, question
    if not leans(question) and (elsewhere or here < borders.fit - 0.1):
        return alone, question
    if here < WITHIN:
        return alone, question
    together = {p.id: p.meaning or 0.0 for p in await turn.knowledge.search(asked, ALL)}
    inside.sort(key=lambda p: -(p.meaning or 0.0) - 0.5 * together.get(p.id, 0.0))
    return inside, asked


async def _alone(turn: Turn, question: str) -> Sequence[Passage]:
    """The passages for a message as it stands, or for the piece of it that comes nearest."""
    found: Sequence[Passage] = await turn.knowledge.search(question, ALL)
    if not found or found[0].meaning is None:
        return found
    borders = await turn.knowledge.borders()
    if found[0].meaning < borders.sure:
        for clause in clauses(question):
            of_clause = await turn.knowledge.search(clause, ALL)
            if (of_clause[0].meaning or 0.0) > (found[0].meaning or 0.0) + CLAUSE_BY:
                found = of_clause
    return found


async def _by_words(
    turn: Turn, question: str, asked: str, alone: Sequence[Passage]
) -> tuple[Sequence[Passage], str]:
    """Without meaning only a message that says that it goes on is completed."""
    topic = turn.about
    if topic is None or not leans(question):
        return alone, question
    together = await turn.knowledge.search(asked)
    inside = [passage for passage in together if passage.article == topic.article]
    return (inside, asked) if inside else (alone, question)
