"""Finds out which skill of the bot a message is for, and hands it there."""

from collections.abc import Sequence

from functions.triggers import skill_blueprint
from shared.ai.assistant import ENOUGH
from shared.dialogue.phrases import phrase, translated
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
    others = [other for other in turn.skills if other.message and other.capabilities]

    def say(id: str, **values: object) -> str:
        return phrase(turn.language, f"dialogue.{id}", **values)

    if not said and turn.activity.attachments:
        turn.reply(say("file"), buttons=_menu(turn, others))
    elif not said:
        turn.reply(say("what"), buttons=_menu(turn, others))
    elif said <= GREETINGS:
        turn.reply(say("hello", bot=turn.bot.name), buttons=_menu(turn, others))
    elif said <= HELP | GREETINGS:
        turn.reply(_overview(turn, others), buttons=_menu(turn, others))
    elif said <= CLOSING:
        turn.reply(say("thanks"))
    elif said <= BARE:
        turn.reply(say("all-right"), buttons=_menu(turn, others))
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
                    phrase(turn.language, "dialogue.which"),
                    buttons=[_button(turn, other, turn.text) for other in offered],
                )
        case NoneFits():
            if "knowledge" in turn.bot.skills and await _is_in_articles(turn):
                turn.hand_off("knowledge")
            elif THANKS & frozenset(words(turn.text)):
                turn.reply(phrase(turn.language, "dialogue.thanks"))
            else:
                turn.reply(
                    f"{phrase(turn.language, 'dialogue.cannot')} {_overview(turn, others)}",
                    buttons=_menu(turn, others),
                )


async def _is_in_articles(turn: Turn) -> bool:
    return any(passage.score >= ENOUGH for passage in await turn.knowledge.search(turn.text))


def _overview(turn: Turn, skills: Sequence[Skill]) -> str:
    lines = [
        f"- {translated(turn.language, f'{skill.name}.description', skill.description)}"
        for skill in skills
    ]
    return "\n".join([f"{phrase(turn.language, 'dialogue.overview')}\n", *lines])


def _menu(turn: Turn, skills: Sequence[Skill]) -> list[Button]:
    return [_button(turn, skill) for skill in skills]


def _button(turn: Turn, skill: Skill, text: str = "") -> Button:
    """Says the skill's command, followed by what the person had said."""
    can = skill.capabilities[0]
    title = translated(turn.language, f"{skill.name}.action", can[:1].upper() + can[1:])
    return Button(title, f"/{skill.name} {text[:200]}".strip())


bp = skill_blueprint(skill)
