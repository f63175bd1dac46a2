"""What a person may read here: the one question that every bot with articles answers itself."""

from shared.dialogue.phrases import DEFAULT, phrase
from shared.turn import Turn

MAX_TITLES = 50


async def took(turn: Turn) -> bool:
    """Whether the message asked that, and is answered with the titles that are open to them."""
    if not turn.bot.knowledge or not turn.activity.is_message:
        return False
    if _plain(turn.text) not in {_plain(_asked(name)) for name in (turn.language, DEFAULT)}:
        return False
    titles = (await turn.knowledge.titles())[:MAX_TITLES]
    head = phrase(turn.language, "signin.readable" if titles else "signin.readable-none")
    turn.reply("\n".join([head, *(f"- {title}" for title in titles)]))
    return True


def _asked(language: str) -> str:
    return phrase(language, "signin.readable-asked")


def _plain(text: str) -> str:
    """What was said without what people leave out when they type."""
    return " ".join("".join(c if c.isalnum() else " " for c in text).casefold().split())
