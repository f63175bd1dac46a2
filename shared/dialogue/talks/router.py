"""Finding out which skill of the bot a message is for, and handing it there."""

from collections.abc import Sequence

from shared.dialogue.answering import answer, quote_article, way_out
from shared.dialogue.context import is_vague, leans
from shared.dialogue.finding import nearness, remember
from shared.dialogue.language import is_foreign, languages
from shared.dialogue.phrases import name_of, phrase, translated
from shared.dialogue.routing import KNOWLEDGE, NoneFits, Offer, Route, where
from shared.dialogue.smalltalk import Talk, is_angry, is_thanks, small_talk
from shared.dialogue.split import asks, questions
from shared.dialogue.urgent import Urgent, urgent
from shared.ports.knowledge import ENOUGH
from shared.skill import Skill
from shared.text.words import words
from shared.turn import Button, Turn

INTAKE = "intake"
"""The skill for files that come without a word, and for languages that the bot does not speak."""

CALM = 0.1
"""Nearness beyond sure that an article needs to be quoted to somebody who is angry."""


async def route(turn: Turn) -> None:
    others = [other for other in turn.skills if other.message and other.capabilities]
    if topic := urgent(turn.bot, turn.text):
        await _first(turn, topic)
    elif talk := small_talk(turn.text):
        _chat(turn, talk, others)
    elif not words(turn.text) and turn.attachments and INTAKE in turn.bot.skills:
        turn.hand_off(INTAKE)
    elif not words(turn.text):
        said = "file" if turn.activity.attachments else "what"
        turn.reply(phrase(turn.language, f"dialogue.{said}"), buttons=_menu(turn, others))
    elif is_angry(turn.text):
        await _calm(turn, others)
    elif len(parts := _asked_for(turn.text)) > 1 and await _several(turn, parts, others):
        return
    else:
        await _understand(turn, others)


def _asked_for(text: str) -> list[str]:
    """The parts of a message without hello and thanks."""
    return [part for part in questions(text) if small_talk(part) is None]


async def _first(turn: Turn, topic: Urgent) -> None:
    """Say what the manifest has for a topic that cannot wait, and offer a person."""
    if topic.is_article and await quote_article(turn, topic.says, turn.text):
        return
    before = "" if turn.language == languages(turn.bot)[0] else "urgent.first"
    said = f"{phrase(turn.language, before)}\n\n{topic.says}" if before else topic.says
    turn.reply(said, buttons=_person(turn))


def _chat(turn: Turn, talk: Talk, others: Sequence[Skill]) -> None:
    said = phrase(turn.language, f"dialogue.{talk.value}", bot=turn.bot.name)
    match talk:
        case Talk.THANKS | Talk.BYE:
            turn.reply(said)
        case Talk.HELP:
            turn.reply(_overview(turn, others), buttons=_menu(turn, others))
        case Talk.WHO:
            turn.reply(f"{said} {_overview(turn, others)}", buttons=_menu(turn, others))
        case _:
            turn.reply(said, buttons=_menu(turn, others))


async def _calm(turn: Turn, others: Sequence[Skill]) -> None:
    """Regret first; then the answer, if it is sure to be one, else a person."""
    turn.reply(phrase(turn.language, "dialogue.angry"))
    await remember(turn, turn.text)
    match await where(turn, turn.text, others):
        case Route(name) if name != KNOWLEDGE:
            turn.hand_off(name)
            return
    near = await nearness(turn, turn.text)
    borders = await turn.knowledge.borders()
    if near is not None and near.meaning >= borders.sure + CALM:
        await answer(turn, turn.text)
    elif buttons := _person(turn) or way_out(turn, turn.text):
        turn.reply(phrase(turn.language, "dialogue.person"), buttons=buttons)
    else:
        turn.reply(_overview(turn, others), buttons=_menu(turn, others))


async def _several(turn: Turn, parts: Sequence[str], others: Sequence[Skill]) -> bool:
    """Answer each part from the articles, and offer the rest as buttons.

    Return False, with nothing said, when the message is for one skill after all.
    """
    found = [await where(turn, part, others) for part in parts]
    named = [route.skill if isinstance(route, Route) else "" for route in found]
    if len(set(named)) == 1 and named[0]:
        turn.hand_off(named[0])
        return True
    if KNOWLEDGE not in named:
        return False
    asked = [(part, name) for part, name in zip(parts, named, strict=True) if name or asks(part)]
    for part, name in asked:
        if name in (KNOWLEDGE, ""):
            await answer(turn, part)
    left = [(part, name) for part, name in asked if name not in (KNOWLEDGE, "")]
    by_name = {other.name: other for other in others}
    for part, name in left:
        turn.reply(
            phrase(turn.language, "dialogue.second", question=part[:80]),
            buttons=[_button(turn, by_name[name], part)],
        )
    return True


async def _understand(turn: Turn, others: Sequence[Skill]) -> None:
    """Hand off where the message fits; let the articles decide a doubt, else the person."""
    match await where(turn, turn.text, others):
        case Route(name):
            turn.hand_off(name)
        case Offer(first, second):
            if KNOWLEDGE in (first, second) and await _is_in_articles(turn):
                turn.hand_off(KNOWLEDGE)
            else:
                offered = [other for other in others if other.name in (first, second)]
                turn.reply(
                    phrase(turn.language, "dialogue.which"),
                    buttons=[_button(turn, other, turn.text) for other in offered],
                )
        case NoneFits():
            if KNOWLEDGE in turn.bot.skills and await _is_in_articles(turn):
                turn.hand_off(KNOWLEDGE)
            elif is_thanks(turn.text):
                turn.reply(phrase(turn.language, "dialogue.thanks"))
            else:
                _decline(turn, others)


def _decline(turn: Turn, others: Sequence[Skill]) -> None:
    if is_foreign(turn.text) and INTAKE in turn.bot.skills:
        turn.hand_off(INTAKE)
        return
    if is_vague(turn.text) or leans(turn.text):
        turn.reply(phrase(turn.language, "dialogue.unclear"), buttons=_menu(turn, others))
        return
    said = [phrase(turn.language, "dialogue.cannot")]
    if is_foreign(turn.text):
        spoken = [name_of(name, spoken=turn.language) for name in languages(turn.bot)]
        said = [phrase(turn.language, "dialogue.languages", languages=", ".join(spoken))]
    turn.reply(
        " ".join([*said, _overview(turn, others)]),
        buttons=_menu(turn, others),
    )


async def _is_in_articles(turn: Turn) -> bool:
    """Whether the words of the message are in the articles; meaning has been asked before."""
    passages = await turn.knowledge.search(turn.text)
    return any(passage.score >= ENOUGH for passage in passages if passage.meaning is None)


def _overview(turn: Turn, skills: Sequence[Skill]) -> str:
    lines = [
        f"- {translated(turn.language, f'{skill.name}.description', skill.description)}"
        for skill in skills
    ]
    return "\n".join([f"{phrase(turn.language, 'dialogue.overview')}\n", *lines])


def _menu(turn: Turn, skills: Sequence[Skill]) -> list[Button]:
    return [_button(turn, skill) for skill in skills]


def _person(turn: Turn) -> list[Button]:
    if "handoff" not in turn.bot.skills:
        return []
    return [Button(phrase(turn.language, "dialogue.person-button"), "/handoff")]


def _button(turn: Turn, skill: Skill, text: str = "") -> Button:
    """Says the skill's command, followed by what the person had said."""
    can = skill.capabilities[0]
    title = translated(turn.language, f"{skill.name}.action", can[:1].upper() + can[1:])
    return Button(title, f"/{skill.name} {text[:200]}".strip())
