"""Answers questions from the bot's articles, with citations, or says that they do not tell."""

from functions.triggers import skill_blueprint
from shared.dialogue.phrases import phrase
from shared.skill import Skill
from shared.turn import Turn

skill = Skill(
    "knowledge",
    "Answers questions from our articles",
    capabilities=[
        "find an answer",
        "how do I do something",
        "what is the policy",
        "what are the rules",
        "explain how it works",
    ],
    examples=[
        "How do I set this up?",
        "What is the policy on this?",
        "Where can I find the guide?",
        "What are the steps?",
        "Is it allowed?",
    ],
    mcp=True,
)


@skill.on_message
async def answer_each(turn: Turn) -> None:
    """Answer every question of the message, in order."""
    asked = _question(turn.text)
    if not asked:
        turn.reply(phrase(turn.language, "knowledge.ask"))
        return
    from shared.dialogue.answering import answer_all

    await answer_all(turn, asked)


def _question(text: str) -> str:
    """What was said, without the command that may have brought it here."""
    command, _, rest = text.strip().partition(" ")
    return rest.strip() if command.startswith("/") else text.strip()


bp = skill_blueprint(skill)
