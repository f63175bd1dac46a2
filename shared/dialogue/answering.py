"""A question is answered from the bot's articles, with its source, or what may help is offered."""

from collections.abc import Sequence

from shared.dialogue.finding import ALL, understood, weight
from shared.dialogue.phrases import name_of, phrase
from shared.dialogue.split import questions
from shared.dialogue.summary import carried_on, summary
from shared.knowledge.views import Borders
from shared.ports.knowledge import ENOUGH, Passage
from shared.text.asked import holds, kind_of
from shared.text.languages import is_other_script, language_of
from shared.turn import Button, Turn

OFFERED = 2
"""Articles that are offered by their titles when it is not sure which one answers."""

DOUBT = 0.08
"""Nearness beyond sure that makes up for an answer without what was asked for."""

LONGEST = 200
"""Characters of a question that a button keeps."""

BEYOND = 0.03
"""What nearness with lead and words must be above sure."""

WORDED = 0.6
"""Share of a question's words in a passage that makes up for a doubt about its meaning."""

ALL_WORDS = 0.99
"""The same, although the passage is hardly near."""

HARDLY = 0.45
"""Nearness without which no words make an answer."""


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
    passages, asked = await understood(turn, question)
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
    found = await turn.ai.answer(
        turn.knowledge.corrected(asked),
        passages[:5],
        language=turn.language,
        before=summary(turn.about, turn.now),
    )
    if found.abstained:
        _not_found(turn, question)
        return False
    source = found.citations[0]
    if turn.ai.is_offline or found.degraded:
        introduced = _introduced(turn, source.text)
    else:
        introduced = _introduced(turn, found.text, expected=turn.language)
    turn.reply(introduced + found.text, citations=found.citations)
    kept = turn.about.question if leaning and turn.about else question
    turn.about = carried_on(turn.about, kept, source.article, turn.now)
    return True


async def quote_article(turn: Turn, article: str, question: str) -> bool:
    """Say what one article has to a question. Return False when there is no such article."""
    passages = [p for p in await turn.knowledge.search(question, ALL) if p.article == article]
    if not passages:
        passages = await turn.knowledge.article(article)
    if not passages:
        return False
    found = await turn.ai.quote(question, passages[0])
    turn.reply(_introduced(turn, passages[0].text) + found.text, citations=found.citations)
    turn.about = carried_on(turn.about, question, article, turn.now)
    return True


def _is_sure(
    question: str, passages: Sequence[Passage], borders: Borders, certainty: float
) -> bool:
    """Whether the first passage answers: near enough, and with what is asked for."""
    best = passages[0]
    nearest = HARDLY if best.score > ALL_WORDS else borders.fit
    worded = best.score >= WORDED and (best.meaning or 0.0) >= nearest
    needed = borders.fit if worded else borders.sure + BEYOND
    if not holds(kind_of(question), best.text):
        needed += DOUBT
    return weight(passages) >= needed + certainty


def _introduced(turn: Turn, said: str, *, expected: str = "en") -> str:
    """Words before what is said in another language than the person's.

    `expected` is the language of a text that does not tell.
    """
    if is_other_script(said):
        return phrase(turn.language, "knowledge.quoted-unknown") + "\n\n"
    language = language_of(said, expected=expected)
    if language == turn.language:
        return ""
    called = name_of(language, spoken=turn.language)
    return phrase(turn.language, "knowledge.quoted", language=called) + "\n\n"


def _offer(turn: Turn, question: str, passages: Sequence[Passage]) -> None:
    """The likeliest articles by title, and a way to a person."""
    titles = list(dict.fromkeys(passage.title for passage in passages))[:OFFERED]
    buttons = [Button(title, f"/{_own(turn)} {title}") for title in titles]
    turn.note("offered")
    turn.reply(
        phrase(turn.language, "knowledge.which"), buttons=[*buttons, *way_out(turn, question)]
    )


def _not_found(turn: Turn, question: str) -> None:
    turn.note("unanswered")
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
