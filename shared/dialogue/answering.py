"""A question is answered from the bot's articles, with its source, or what may help is offered."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.ai.assistant import ENOUGH
from shared.dialogue.context import completed, is_short, leans, opens
from shared.dialogue.phrases import name_of, phrase
from shared.dialogue.split import clauses, questions
from shared.knowledge.reading import Passage
from shared.knowledge.views import Borders
from shared.records.topic import Topic
from shared.text.asked import holds, kind_of
from shared.text.languages import is_other_script, language_of
from shared.turn import Button, Turn

OFFERED = 2
"""Articles that are offered by their titles when it is not sure which one answers."""

ELSEWHERE_BY = 0.1
"""Lead in nearness of another article, from which a message begins a new topic."""

FAR_ELSEWHERE_BY = 0.2
"""The same for a message that begins with "and"."""

WITHIN = 0.3
"""Nearness that a message needs to the article it goes on about."""

DOUBT = 0.08
"""Nearness beyond sure that makes up for an answer without what was asked for."""

LONGEST = 200
"""Characters of a question that a button keeps."""

LEAD = 0.5
"""What it counts by how much an article is nearer than all others."""

MOST_LEAD = 0.2
"""A lead beyond this counts no more."""

COVERED = 0.1
"""What it counts that a passage has all words of a question."""

BEYOND = 0.03
"""What nearness with lead and words must be above sure."""

WORDED = 0.6
"""Share of a question's words in a passage that makes up for a doubt about its meaning."""

CLAUSE_BY = 0.1
"""Lead in nearness of a piece of a message over the whole of it."""

ALL = 10_000
"""Passages, when all are to be compared."""


async def answer_all(turn: Turn, text: str) -> None:
    """Answer every question of a message, in order; one that is only a part goes with the rest."""
    parts = questions(text)
    if len(parts) > 1:
        borders = await turn.knowledge.borders()
        found = [await turn.knowledge.search(part, ALL) for part in parts]
        if all(_may_answer(passages, borders) for passages in found):
            for part in parts:
                await answer(turn, part)
            return
    await answer(turn, text)


def _may_answer(passages: Sequence[Passage], borders: Borders) -> bool:
    return bool(passages) and (
        passages[0].score >= ENOUGH
        if passages[0].meaning is None
        else weight(passages) >= borders.fit
    )


async def answer(turn: Turn, question: str, *, certainty: float = 0.0) -> bool:
    """Answer from the articles. Return False when they do not tell, which is said to the person.

    What the question leaves out is taken from the topic of the conversation. `certainty` is
    added to how near an article must be.
    """
    passages, asked = await _found(turn, question)
    borders = await turn.knowledge.borders()
    if not passages:
        _not_found(turn, question)
        return False
    best = passages[0]
    leaning = asked != question
    if best.meaning is not None and not leaning:
        if weight(passages) < borders.fit and best.score < 0.5:
            _not_found(turn, question)
            return False
        if not _is_sure(question, passages, borders, certainty):
            _offer(turn, question, passages)
            return False
    found = await turn.ai.answer(asked if leaning else question, passages[:5])
    if found.abstained:
        _not_found(turn, question)
        return False
    source = found.citations[0]
    turn.reply(_introduced(turn, source) + found.text, citations=found.citations)
    kept = turn.about.question if leaning and turn.about else question
    turn.about = Topic(kept, source.article, turn.now)
    return True


@dataclass(frozen=True, slots=True)
class Near:
    """How near the articles come to a message: by meaning, and with all that speaks for it."""

    meaning: float
    weight: float


async def nearness(turn: Turn, question: str) -> Near | None:
    """How near the articles come to a question, and what went before it; None without meaning."""
    passages, asked = await _found(turn, question)
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


async def quote_article(turn: Turn, article: str, question: str) -> bool:
    """Say what one article has to a question. Return False when there is no such article."""
    passages = [p for p in await turn.knowledge.search(question, ALL) if p.article == article]
    if not passages:
        passages = await turn.knowledge.article(article)
    if not passages:
        return False
    found = await turn.ai.quote(question, passages[0])
    turn.reply(_introduced(turn, passages[0]) + found.text, citations=found.citations)
    turn.about = Topic(question, article, turn.now)
    return True


async def _found(turn: Turn, question: str) -> tuple[Sequence[Passage], str]:
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
    lead = FAR_ELSEWHERE_BY if opens(question) else ELSEWHERE_BY
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


def _is_sure(
    question: str, passages: Sequence[Passage], borders: Borders, certainty: float
) -> bool:
    """Whether the first passage answers: near enough, and with what is asked for."""
    best = passages[0]
    needed = borders.fit if best.score >= WORDED else borders.sure + BEYOND
    if not holds(kind_of(question), best.text):
        needed += DOUBT
    return weight(passages) >= needed + certainty


def _introduced(turn: Turn, source: Passage) -> str:
    """Words before a quotation in another language than the person's."""
    if is_other_script(source.text):
        return phrase(turn.language, "knowledge.quoted-unknown") + "\n\n"
    language = language_of(source.text)
    if language == turn.language:
        return ""
    called = name_of(language, spoken=turn.language)
    return phrase(turn.language, "knowledge.quoted", language=called) + "\n\n"


def _offer(turn: Turn, question: str, passages: Sequence[Passage]) -> None:
    """The likeliest articles by title, and a way to a person."""
    titles = list(dict.fromkeys(passage.title for passage in passages))[:OFFERED]
    buttons = [Button(title, f"/{_own(turn)} {title}") for title in titles]
    turn.reply(
        phrase(turn.language, "knowledge.which"), buttons=[*buttons, *way_out(turn, question)]
    )


def _not_found(turn: Turn, question: str) -> None:
    if buttons := way_out(turn, question):
        turn.reply(phrase(turn.language, "knowledge.not-found-person"), buttons=buttons)
    else:
        turn.reply(phrase(turn.language, "knowledge.not-found"))


def way_out(turn: Turn, question: str) -> list[Button]:
    """A button to a ticket, or to a person, as the bot has them."""
    if "tickets" in turn.bot.skills:
        title = phrase(turn.language, "knowledge.ticket-button")
        return [Button(title, f"/tickets {question[:LONGEST]}".strip())]
    if "handoff" in turn.bot.skills:
        return [Button(phrase(turn.language, "dialogue.person-button"), "/handoff")]
    return []


def _own(turn: Turn) -> str:
    return "knowledge" if "knowledge" in turn.bot.skills else turn.skill.name
