"""What is said in a recording, as text."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from shared.errors import NotTaken


class Deaf(StrEnum):
    """Why a recording has no text. `OFF`: no service is configured that listens."""

    OFF = "off"
    SILENT = "silent"
    LANGUAGE = "language"
    TOO_LONG = "too_long"
    UNKNOWN = "unknown"


_TEXTS = {
    Deaf.OFF: "I cannot listen to recordings here. Could you write it to me?",
    Deaf.SILENT: "I heard nothing in that recording. Could you record it again, or write it?",
    Deaf.LANGUAGE: "I do not understand the language of that recording. Could you write it?",
    Deaf.TOO_LONG: "That recording is too long for me. Could you send a shorter one, or write it?",
    Deaf.UNKNOWN: "I cannot play that recording. Could you record it again, or write it?",
}


class Unheard(NotTaken):
    """A recording gave no text."""

    def __init__(self, reason: Deaf, detail: str = "") -> None:
        super().__init__("voice", reason, _TEXTS[reason], detail)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Transcript:
    """`seconds` is how long the recording is, as the service bills it."""

    text: str
    seconds: float


class Speech(Protocol):
    """Listens to recordings."""

    async def transcribe(self, sound: bytes) -> Transcript:
        """The text of a recording, in whatever language it is; "" when nothing is said in it.

        Raises Unheard for one that it does not take, Unavailable when the service is throttled,
        down, or set up wrongly.
        """
        ...

    async def check(self) -> str: ...

    async def close(self) -> None: ...
