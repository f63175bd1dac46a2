"""What the chat page offers to say first is what the bot can answer."""

from typing import Any

import pytest

from cli.page import web_bots
from shared.bot import Bot
from shared.manifest.bots import bot_of
from shared.skill import Skill

SKILLS = {
    skill.name: skill
    for skill in (
        Skill("router", "Finds who can help"),
        Skill(
            "knowledge",
            "Answers questions from articles",
            capabilities=["find an answer", "how do I do something"],
            examples=["What is the policy on this?"],
        ),
        Skill("handoff", "Asks a colleague", capabilities=["talk to a person"]),
        Skill("echo", "Repeats what you say", examples=["echo hello"]),
    )
}


def bot(skills: list[str], **more: Any) -> Bot:
    return bot_of(
        {
            "id": "facilities",
            "name": "Facilities",
            "owner": "facilities@contoso.example",
            "department": "Facilities",
            "skills": skills,
            "default_skill": skills[0],
            "channels": {"web": {}},
            **more,
        }
    )


@pytest.mark.parametrize(
    ("skills", "offered"),
    [
        (["router", "knowledge", "handoff"], ["Find an answer", "Talk to a person"]),
        (["router", "knowledge", "echo"], ["Find an answer"]),
        (["echo"], ["Echo hello"]),
    ],
)
def test_without_examples_of_its_own_a_bot_offers_its_menu(
    skills: list[str], offered: list[str]
) -> None:
    made = bot(skills)

    assert web_bots({made.id: made}, SKILLS)[0]["examples"] == offered


def test_its_own_examples_go_before() -> None:
    made = bot(["router", "knowledge"], examples=["Where is the bike shed?"])

    assert web_bots({made.id: made}, SKILLS)[0]["examples"] == ["Where is the bike shed?"]
