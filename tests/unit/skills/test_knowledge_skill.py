"""The knowledge skill answers from the articles with its source, or admits that it cannot."""

from pathlib import Path

import pytest

from functions.skills import knowledge
from shared.activity import Activity, ConversationReference
from shared.ai.assistant import Assistant
from shared.ai.offline import OfflineModel
from shared.bot import Bot
from shared.event import ACTIVITY, Event
from shared.knowledge.articles import KnowledgeBase
from shared.turn import Turn

ARTICLE = """\
---
title: Visitor parking
url: https://it.contoso.example/parking
---
Visitors park on level 2. The garage opens at six in the morning.
"""


async def ask(folder: Path, text: str, *skills: str) -> Activity:
    (folder / "it").mkdir()
    (folder / "it" / "parking.md").write_text(ARTICLE)
    bot = Bot(
        id="desk",
        name="Front Desk",
        owner="desk@contoso.example",
        department="IT",
        skills=["knowledge", *skills],
        default_skill="knowledge",
        knowledge=["it"],
    )
    turn = Turn(
        bot=bot,
        skill=knowledge.skill,
        reference=ConversationReference("desk", "web", "one"),
        event=Event("1", ACTIVITY),
        activity=Activity(type="message", text=text),
        state={},
        skills=[knowledge.skill],
        ai=Assistant(OfflineModel()),
        knowledge=KnowledgeBase(folder).for_bot(bot),
        now=0.0,
    )
    await knowledge.answer_each(turn)
    [reply] = turn.replies
    return reply


@pytest.mark.parametrize("command", ["", "/knowledge "])
async def test_an_answer_names_its_source(tmp_path: Path, command: str) -> None:
    reply = await ask(tmp_path, f"{command}Where do visitors park?")
    assert reply.text.startswith("Visitors park on level 2.")
    assert reply.text.endswith("[1]")
    [claim] = reply.entities[0]["citation"]
    assert claim["position"] == 1
    assert claim["appearance"]["name"] == "Visitor parking"
    assert claim["appearance"]["url"] == "https://it.contoso.example/parking"


async def test_what_is_not_in_the_articles_is_offered_as_a_ticket(tmp_path: Path) -> None:
    reply = await ask(tmp_path, "Who won the world cup?", "tickets")
    assert reply.text.startswith("I could not find that in our articles.")
    [action] = reply["suggestedActions"]["actions"]
    assert action["value"] == "/tickets Who won the world cup?"
    assert reply.entities == []


async def test_a_bot_without_tickets_offers_none(tmp_path: Path) -> None:
    reply = await ask(tmp_path, "Who won the world cup?")
    assert reply.text.startswith("I could not find that in our articles.")
    assert "suggestedActions" not in reply


@pytest.mark.parametrize("text", ["", "  ", "/knowledge"])
async def test_without_a_question_it_asks_for_one(tmp_path: Path, text: str) -> None:
    assert (await ask(tmp_path, text)).text == "What would you like to know?"
