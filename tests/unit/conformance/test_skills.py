"""A faulty skill fails the check that is named after its fault, and no other."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from random import random

import pytest

from conformance.skill import verify_skill
from functions.host import SKILLS
from functions.skills import echo
from shared.skill import Skill
from shared.turn import Turn

GREETINGS = {"en": "Hello", "de": "Hallo"}


def faultless() -> Skill:
    return Skill("sample", "Is as a skill should be", ["try a sample"], ["I want a sample"])


def without_a_handler() -> Skill:
    """manifest: it says what it can do, and does nothing."""
    return faultless()


def endless() -> Skill:
    """in-time: it waits for something that never comes."""
    skill = faultless()

    @skill.on_message
    async def answer(turn: Turn) -> None:
        await asyncio.sleep(3600)

    return skill


def blocking() -> Skill:
    """in-time: it sleeps with the event loop in its hand."""
    skill = faultless()

    @skill.on_message
    async def answer(turn: Turn) -> None:
        if turn.text == "I want a sample" and turn.language == "en" and "slept" not in turn.state:
            time.sleep(1.2)  # noqa: ASYNC251 -- the fault
        turn.state["slept"] = True
        turn.reply("slept well")

    return skill


def random_answers() -> Skill:
    """idempotent: a second delivery would say something else."""
    skill = faultless()

    @skill.on_message
    async def answer(turn: Turn) -> None:
        turn.reply(f"your number is {random()}")

    return skill


def credulous() -> Skill:
    """errors: it takes for granted that something was said."""
    skill = faultless()

    @skill.on_message
    async def answer(turn: Turn) -> None:
        turn.reply(turn.text.split()[0])

    return skill


def hoarding() -> Skill:
    """storable: its state is no JSON."""
    skill = faultless()

    @skill.on_message
    async def answer(turn: Turn) -> None:
        turn.state["words"] = set(turn.text.split())
        turn.reply("noted")

    return skill


def bilingual() -> Skill:
    """languages: people who speak a third one get an error."""
    skill = faultless()

    @skill.on_message
    async def answer(turn: Turn) -> None:
        turn.reply(GREETINGS[turn.language])

    return skill


@pytest.mark.parametrize(
    ("faulty", "check"),
    [
        (without_a_handler, "manifest"),
        (endless, "in-time"),
        (blocking, "in-time"),
        (random_answers, "idempotent"),
        (credulous, "errors"),
        (hoarding, "storable"),
        (bilingual, "languages"),
    ],
)
async def test_each_fault_fails_exactly_its_check(
    faulty: Callable[[], Skill], check: str, tmp_path: Path
) -> None:
    seconds = 0.5 if faulty is endless else 30.0

    promises = await verify_skill(faulty(), tmp_path, seconds)

    assert [promise.name for promise in promises if not promise.holds] == [check]


async def test_an_error_is_shown_with_its_line_in_the_skill(tmp_path: Path) -> None:
    promises = await verify_skill(credulous(), tmp_path)

    [broken] = [promise for promise in promises if not promise.holds]
    assert "IndexError at test_skills.py:" in broken.lines()[0]


@pytest.mark.parametrize("name", sorted(SKILLS))
async def test_the_skills_of_the_house_keep_every_promise(name: str, tmp_path: Path) -> None:
    promises = await verify_skill(SKILLS[name], tmp_path, seconds=30)

    assert [line for promise in promises if not promise.holds for line in promise.lines()] == []


def test_the_skills_of_the_house_are_all_there() -> None:
    assert echo.skill.name in SKILLS
