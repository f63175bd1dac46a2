"""The router hands on, asks, or says what the bot can do; it never guesses wildly."""

from pathlib import Path

import pytest

from functions.skills import router
from shared.activity import Activity, ConversationReference
from shared.ai.assistant import Assistant
from shared.ai.offline import OfflineModel
from shared.bot import Bot
from shared.event import ACTIVITY, Event
from shared.knowledge.articles import KnowledgeBase
from shared.skill import Skill
from shared.turn import Turn

KNOWLEDGE = Skill("knowledge", "Answers questions", ["find an answer", "what is the policy"])
TICKETS = Skill(
    "tickets", "Files tickets", ["create a ticket", "report a problem"], ["My laptop is broken"]
)
ROOMS = Skill("rooms", "Books rooms", ["book a room"], ["Is a room free?"])
TRAVEL = Skill("travel", "Books trips", ["book a flight"], ["Find me a hotel"])
ECHO = Skill("echo", "Repeats what you say, for tests")
SKILLS = [router.skill, KNOWLEDGE, TICKETS, ROOMS, TRAVEL, ECHO]


async def nothing(turn: Turn) -> None:
    """What the other skills do here."""


for other in (KNOWLEDGE, TICKETS, ROOMS, TRAVEL, ECHO):
    other.on_message(nothing)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "it").mkdir()
    (tmp_path / "it" / "parking.md").write_text("The garage opens at six in the morning.")
    return tmp_path


async def hear(folder: Path, text: str, *skills: Skill, **activity: object) -> Turn:
    taking_part = skills or SKILLS
    bot = Bot(
        id="desk",
        name="Front Desk",
        owner="desk@contoso.example",
        department="IT",
        skills=[skill.name for skill in taking_part],
        default_skill="router",
        knowledge=["it"],
    )
    turn = Turn(
        bot=bot,
        skill=router.skill,
        reference=ConversationReference("desk", "web", "one"),
        event=Event("1", ACTIVITY),
        activity=Activity(type="message", text=text, **activity),
        state={},
        skills=list(taking_part),
        ai=Assistant(OfflineModel()),
        knowledge=KnowledgeBase(folder).for_bot(bot),
        now=0.0,
    )
    await router.route(turn)
    return turn


def said(turn: Turn) -> str:
    [reply] = turn.replies
    return reply.text


def buttons(turn: Turn) -> dict[str, str]:
    [reply] = turn.replies
    actions = reply.get("suggestedActions", {}).get("actions", [])
    return {action["title"]: action["value"] for action in actions}


async def test_a_clear_message_is_handed_on_without_a_word(folder: Path) -> None:
    turn = await hear(folder, "my laptop is broken")
    assert turn.handed_to == "tickets"
    assert turn.replies == []


async def test_a_doubt_offers_two_commands_that_keep_what_was_said(folder: Path) -> None:
    turn = await hear(folder, "I want to book")
    assert turn.handed_to == ""
    assert buttons(turn) == {
        "Book a room": "/rooms I want to book",
        "Book a flight": "/travel I want to book",
    }


async def test_what_stands_in_the_articles_goes_to_knowledge(folder: Path) -> None:
    assert (await hear(folder, "When does the garage open?")).handed_to == "knowledge"


async def test_without_a_knowledge_skill_the_articles_do_not_count(folder: Path) -> None:
    turn = await hear(folder, "When does the garage open?", router.skill, TICKETS)
    assert turn.handed_to == ""
    assert said(turn).startswith("Sorry, I cannot help with that.")


async def test_what_fits_nothing_is_declined_with_what_it_can_do(folder: Path) -> None:
    turn = await hear(folder, "who invented the telephone")
    assert said(turn).startswith("Sorry, I cannot help with that. Here is what I can do:")
    assert "- Files tickets" in said(turn)
    assert buttons(turn)["Create a ticket"] == "/tickets"


async def test_what_cannot_be_asked_for_is_not_offered(folder: Path) -> None:
    turn = await hear(folder, "who invented the telephone")
    assert ECHO.description not in said(turn)
    assert set(buttons(turn).values()) == {"/knowledge", "/tickets", "/rooms", "/travel"}


@pytest.mark.parametrize("text", ["Hi", "hello there!", "Good morning :)", "Hallo"])
async def test_a_greeting_is_returned(folder: Path, text: str) -> None:
    turn = await hear(folder, text)
    assert said(turn).startswith("Hello! This is Front Desk.")
    assert len(buttons(turn)) == 4


@pytest.mark.parametrize("text", ["help", "What can you do?", "/help", "can you help me please"])
async def test_help_says_what_it_can_do(folder: Path, text: str) -> None:
    assert said(await hear(folder, text)).startswith("Here is what I can do:")


@pytest.mark.parametrize("text", ["Thanks!", "thank you very much for your help", "ok thx bye"])
async def test_thanks_are_accepted(folder: Path, text: str) -> None:
    assert said(await hear(folder, text)).startswith("Glad to help.")


@pytest.mark.parametrize("text", ["bye", "Goodbye!", "ciao"])
async def test_a_farewell_is_answered(folder: Path, text: str) -> None:
    assert said(await hear(folder, text)).startswith(("Goodbye", "Hello"))


@pytest.mark.parametrize("text", ["ok great", "yes", "👍"])
async def test_a_bare_word_is_asked_back(folder: Path, text: str) -> None:
    assert said(await hear(folder, text)) == "All right. What can I do for you?"


@pytest.mark.parametrize("text", ["", "   ", "?!"])
async def test_no_words_are_met_with_a_question(folder: Path, text: str) -> None:
    assert said(await hear(folder, text)) == "What can I do for you?"


async def test_a_file_without_words_is_asked_about(folder: Path) -> None:
    turn = await hear(folder, "", attachments=[{"contentType": "image/png"}])
    assert "What would you like me to do with it?" in said(turn)


@pytest.mark.parametrize("text", ["\x00", "a" * 100_000, "天气怎么样", "'; DROP TABLE", "[1](x)"])
async def test_a_strange_message_gets_an_answer(folder: Path, text: str) -> None:
    turn = await hear(folder, text)
    assert turn.handed_to or said(turn)
