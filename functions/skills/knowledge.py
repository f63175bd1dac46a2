"""Answers questions from the bot's articles, with citations, or says that they do not tell."""

from functions.triggers import skill_blueprint
from shared.dialogue.phrases import phrase
from shared.skill import Skill
from shared.turn import Button, Turn

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
async def answer(turn: Turn) -> None:
    question = _question(turn.text)
    if not question:
        turn.reply(phrase(turn.language, "knowledge.ask"))
        return
    passages = await turn.knowledge.search(question)
    found = await turn.ai.answer(question, passages)
    if not found.abstained:
        turn.reply(found.text, citations=found.citations)
    elif "tickets" in turn.bot.skills:
        turn.reply(
            phrase(turn.language, "knowledge.not-found-person"),
            buttons=[
                Button(
                    phrase(turn.language, "knowledge.ticket-button"), f"/tickets {question[:200]}"
                )
            ],
        )
    else:
        turn.reply(phrase(turn.language, "knowledge.not-found"))


def _question(text: str) -> str:
    """What was said, without the command that may have brought it here."""
    command, _, rest = text.strip().partition(" ")
    return rest.strip() if command.startswith("/") else text.strip()


bp = skill_blueprint(skill)
