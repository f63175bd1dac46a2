"""Which skill of a bot a message is meant for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.ai.ranking import Choice, Ranked
from shared.dialogue.finding import nearness
from shared.dialogue.person_wish import wants_person
from shared.dialogue.split import clauses
from shared.text.words import stem, words

if TYPE_CHECKING:
    from shared.ai.assistant import Assistant
    from shared.skill import Skill
    from shared.turn import Turn

FITS = 0.35
"""Confidence below which a skill is not worth a try."""

MARGIN = 0.3
"""Lead that the first needs over the second, or the person is asked."""


KNOWLEDGE = "knowledge"

PERSON = "handoff"

ASKED_FOR = 0.4
"""Nearness to what the hand-off says of itself, where the words ask for a person already."""

CLEAR = 0.55
"""Nearness to what a skill says of itself from which a message is for it."""

TIE = 0.04
"""Lead in nearness that a skill needs over the next."""

KNOWN_BY = 0.02
"""What the articles have before the skills, which people find more trouble."""


@dataclass(frozen=True, slots=True)
class Route:
    """One skill clearly fits."""

    skill: str


@dataclass(frozen=True, slots=True)
class Offer:
    """Two skills fit about equally: let the person choose."""

    first: str
    second: str


@dataclass(frozen=True, slots=True)
class NoneFits:
    """It is about something else."""


async def rank(ai: "Assistant", text: str, skills: "Sequence[Skill]") -> Route | Offer | NoneFits:
    """Choose among skills by their descriptions, capabilities and examples."""
    return decide(await ai.classify(text, choices(skills)))


async def where(turn: "Turn", text: str, skills: "Sequence[Skill]") -> Route | Offer | NoneFits:
    """Where a message goes: to the skill it is for, or to the articles if they come nearer.

    Meaning decides where it is clear. Where it is not, a model does, and without one words do.
    """
    others = [skill for skill in skills if skill.name != KNOWLEDGE]
    if named := _named(text, others):
        return Route(named)
    near = await nearness(turn, text) if len(others) < len(skills) else None
    if near is None:
        return await rank(turn.ai, text, skills)
    borders = await turn.knowledge.borders()
    corrected = turn.knowledge.corrected(text)
    nearest = await turn.ai.nearest(corrected, choices(others))
    for clause in clauses(corrected) if nearest and max(nearest.values()) < CLEAR else ():
        by_clause = await turn.ai.nearest(clause, choices(others))
        nearest = {name: max(near, by_clause.get(name, -1.0)) for name, near in nearest.items()}
    if wants_person(text) and nearest.get(PERSON, 0.0) >= ASKED_FOR:
        return Route(PERSON)
    if not nearest:
        return Route(KNOWLEDGE) if near.weight >= borders.fit else await rank(turn.ai, text, skills)
    first, *rest = sorted(nearest, key=lambda name: -nearest[name])
    if near.weight >= borders.fit and near.meaning + KNOWN_BY >= nearest[first]:
        return Route(KNOWLEDGE)
    if nearest[first] >= CLEAR:
        second = next((name for name in rest if nearest[first] - nearest[name] < TIE), "")
        return Offer(first, second) if second else Route(first)
    if not turn.ai.is_offline:
        return await rank(turn.ai, text, skills)
    match await rank(turn.ai, corrected, others):
        case Route(name) if nearest[name] >= borders.fit:
            return Route(name)
    return Route(KNOWLEDGE) if near.weight >= borders.fit else NoneFits()


def _named(text: str, skills: "Sequence[Skill]") -> str:
    """The skill that a message calls by its name, as in "open a ticket"."""
    said = {stem(word) for word in words(text)}
    found = [skill.name for skill in skills if stem(skill.name.casefold()) in said]
    return found[0] if len(found) == 1 else ""


def choices(skills: "Sequence[Skill]") -> list[Choice]:
    """Skills as they describe themselves."""
    return [
        Choice(skill.name, skill.description, tuple(skill.capabilities), tuple(skill.examples))
        for skill in skills
    ]


def decide(ranked: Sequence[Ranked]) -> Route | Offer | NoneFits:
    """The outcome of a ranking, the likeliest first."""
    if not ranked or ranked[0].score < FITS:
        return NoneFits()
    if len(ranked) > 1 and ranked[0].score - ranked[1].score < MARGIN:
        return Offer(ranked[0].name, ranked[1].name)
    return Route(ranked[0].name)
