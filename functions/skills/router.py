"""Finds out which skill of the bot a message is for, and hands it there."""

from collections.abc import Sequence

from functions.triggers import skill_blueprint
from shared.ai.assistant import ENOUGH
from shared.dialogue.routing import NoneFits, Offer, Route, rank
from shared.skill import Skill
from shared.text.words import words
from shared.turn import Button, Turn

skill = Skill("router", "Finds the right skill for a message")


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


GREETINGS = _set(
    "hi hello hey hallo hola bonjour ciao moin servus salut good morning afternoon evening day "
    "there everyone"
)
HELP = _set("help menu start what who can could you do i me ask are options please")
CLOSING = _set(
    "thanks thank thx ty danke merci gracias grazie cheers bye goodbye you very much so a lot many "
    "ok okay great perfect cool fine for the your help"
)

BARE = _set("yes yeah yep sure no nope nah never mind nevermind please right fine alright")
THANKS = _set("thanks thank thx danke merci gracias grazie")


@skill.on_message
async def route(turn: Turn) -> None:
    said = frozenset(words(turn.text))
    others = [other for other in turn.skills if other.message and _can(other)]
    if not said and turn.activity.attachments:
        turn.reply("Thank you. What would you like me to do with it?", buttons=_menu(others))
    elif not said:
        turn.reply("What can I do for you?", buttons=_menu(others))
    elif said <= GREETINGS:
        turn.reply(f"Hello! This is {turn.bot.name}. What can I do for you?", buttons=_menu(others))
    elif said <= HELP | GREETINGS:
        turn.reply(_overview(others), buttons=_menu(others))
    elif said <= CLOSING:
        turn.reply("Glad to help. Write again whenever you need something.")
    elif said <= BARE:
        turn.reply("All right. What can I do for you?", buttons=_menu(others))
    else:
        await _understand(turn, others)


async def _understand(turn: Turn, others: Sequence[Skill]) -> None:
    """Hand off where the message fits; let the articles decide a doubt, else the person."""
    match await rank(turn.ai, turn.text, others):
        case Route(name):
            turn.hand_off(name)
        case Offer(first, second):
            if "knowledge" in (first, second) and await _is_in_articles(turn):
                turn.hand_off("knowledge")
            else:
                offered = [other for other in others if other.name in (first, second)]
                turn.reply(
                    "I am not sure what you would like to do. Which one is it?",
                    buttons=[_button(other, turn.text) for other in offered],
                )
        case NoneFits():
            if "knowledge" in turn.bot.skills and await _is_in_articles(turn):
                turn.hand_off("knowledge")
            elif THANKS & frozenset(words(turn.text)):
                turn.reply("Glad I could help. Write again whenever you need something.")
            else:
                turn.reply(
                    "Sorry, I cannot help with that. " + _overview(others), buttons=_menu(others)
                )


async def _is_in_articles(turn: Turn) -> bool:
    return any(passage.score >= ENOUGH for passage in await turn.knowledge.search(turn.text))


def _overview(skills: Sequence[Skill]) -> str:
    lines = [f"- {skill.description}" for skill in skills]
    return "\n".join(["Here is what I can do:\n", *lines])


def _menu(skills: Sequence[Skill]) -> list[Button]:
    return [_button(skill) for skill in skills]


def _can(skill: Skill) -> Sequence[str]:
    """What people may say to it; a skill without any is for commands only."""
    return skill.capabilities or skill.examples


def _button(skill: Skill, text: str = "") -> Button:
    """Says the skill's command, followed by what the person had said."""
    can = _can(skill)[0]
    return Button(can[:1].upper() + can[1:], f"/{skill.name} {text[:200]}".strip())


bp = skill_blueprint(skill)
