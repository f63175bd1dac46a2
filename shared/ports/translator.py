"""A text in another language."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from shared.errors import NotTaken


class Puzzled(StrEnum):
    """Why a text was not translated. `OFF`: no service is configured that translates."""

    OFF = "off"
    LANGUAGE = "language"
    TOO_LONG = "too_long"


_TEXTS = {
    Puzzled.OFF: "I cannot translate here. Could you write it in another language?",
    Puzzled.LANGUAGE: "I do not know that language. Could you write it in another one?",
    Puzzled.TOO_LONG: "That text is too long for me to translate. Could you send a part of it?",
}


class Untranslated(NotTaken):
    """A text was not translated."""

    def __init__(self, reason: Puzzled, detail: str = "") -> None:
        super().__init__("translation", reason, _TEXTS[reason], detail)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Translation:
    """`language` is the one it was written in, "" when nobody can tell; `characters` what the
    service bills."""

    text: str
    language: str
    characters: int


class Translator(Protocol):
    """Translates what people and bots say."""

    async def translate(self, text: str, to: str) -> Translation:
        """`text` in the language `to` (`de`, `pt-br`).

        Raises Untranslated when one of the languages is not known or the text is too long,
        Unavailable when the service is throttled, down, or set up wrongly.
        """
        ...

    async def check(self) -> str: ...

    async def close(self) -> None: ...
