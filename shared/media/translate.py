"""What somebody says, in another language."""

from shared.ports.translator import Puzzled, Translator, Untranslated


class Translated(str):
    """A translation; `language` is the one it was written in: `pl`."""

    language: str

    def __new__(cls, text: str, language: str = "") -> "Translated":
        made = super().__new__(cls, text)
        made.language = language
        return made


async def translate(text: str, to: str, translator: Translator | None) -> Translated:
    """Raises Untranslated with a sentence for the person, OverBudget, Unavailable."""
    if translator is None:
        raise Untranslated(Puzzled.OFF, "FABRIC_TRANSLATOR_URL is offline://")
    if not text.strip():
        return Translated(text, to)
    made = await translator.translate(text, to)
    if not made.language:
        raise Untranslated(Puzzled.LANGUAGE, "what it is written in is not known")
    return Translated(made.text, made.language)
