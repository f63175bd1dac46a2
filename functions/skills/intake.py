"""Takes in what people send: says what is in a file, answers what is said or in another language.

Without capabilities: the router leads here what comes without a word, or in a language that the
bot does not speak.
"""

from typing import TYPE_CHECKING

from functions.triggers import skill_blueprint
from shared.dialogue.language import languages
from shared.dialogue.phrases import name_of, phrase
from shared.skill import Skill
from shared.turn import Turn

if TYPE_CHECKING:
    from shared.media.attachment import Attachment

skill = Skill("intake", "Reads files and photos, hears voice notes, understands other languages")

EXCERPT = 400
"""Characters of a file that are repeated."""


@skill.on_message
async def take_in(turn: Turn) -> None:
    for file in turn.attachments:
        await _take(turn, file)
    if turn.attachments:
        return
    if said := _said(turn.text):
        await _answer_in_their_language(turn, said)
    else:
        turn.reply(phrase(turn.language, "intake.nothing"))


def _said(text: str) -> str:
    """What was written, without the command that may have brought it here."""
    command, _, rest = text.strip().partition(" ")
    return rest.strip() if command.startswith("/") else text.strip()


async def _take(turn: Turn, file: "Attachment") -> None:
    if file.is_recording:
        await _answer(turn, await turn.transcribe(file))
        return
    text = await turn.read(file)
    lines = text[:EXCERPT].rsplit(" ", 1)[0] + " ..." if len(text) > EXCERPT else text
    said = phrase(turn.language, "intake.read", name=file.name or "-")
    turn.reply(f"{said}\n\n> " + lines.strip().replace("\n", "\n> "))


async def _answer_in_their_language(turn: Turn, text: str) -> None:
    """Translate the question, answer it, and translate the answer back."""
    from shared.ports.translator import Puzzled, Untranslated

    try:
        question = await turn.translate(text, turn.language)
    except Untranslated as error:
        if error.reason is not Puzzled.OFF:
            raise
        spoken = ", ".join(name_of(name, spoken=turn.language) for name in languages(turn.bot))
        turn.reply(phrase(turn.language, "dialogue.languages", languages=spoken))
        return
    await _answer(turn, question)
    for reply in turn.replies:
        if reply.text:
            reply["text"] = str(await turn.translate(reply.text, question.language))


async def _answer(turn: Turn, question: str) -> None:
    """From the articles, where the bot has any; else say how it was understood."""
    if turn.bot.knowledge:
        from shared.dialogue.answering import answer_all

        await answer_all(turn, question)
    else:
        turn.reply(phrase(turn.language, "intake.understood", text=question))


bp = skill_blueprint(skill)
