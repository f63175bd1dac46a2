"""Which skill of a bot a message is meant for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.ai.ranking import Choice, Ranked

if TYPE_CHECKING:
    from shared.ai.assistant import Assistant
    from shared.skill import Skill

FITS = 0.35
"""Confidence below which a skill is not worth a try."""

MARGIN = 0.2
"""Lead that the first needs over the second, or the person is asked."""


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
    choices = [
        Choice(skill.name, skill.description, tuple(skill.capabilities), tuple(skill.examples))
        for skill in skills
    ]
    return decide(await ai.classify(text, choices))


def decide(ranked: Sequence[Ranked]) -> Route | Offer | NoneFits:
    """The outcome of a ranking, the likeliest first."""
    if not ranked or ranked[0].score < FITS:
        return NoneFits()
    if len(ranked) > 1 and ranked[0].score - ranked[1].score < MARGIN:
        return Offer(ranked[0].name, ranked[1].name)
    return Route(ranked[0].name)
