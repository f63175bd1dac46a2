"""How harmful a text is."""

from collections.abc import Mapping
from enum import IntEnum, StrEnum
from typing import Protocol


class Harm(StrEnum):
    """The four categories of Azure AI Content Safety."""

    HATE = "Hate"
    SELF_HARM = "SelfHarm"
    SEXUAL = "Sexual"
    VIOLENCE = "Violence"


class Severity(IntEnum):
    """Its four levels."""

    SAFE = 0
    LOW = 2
    MEDIUM = 4
    HIGH = 6


Judgement = Mapping[Harm, Severity]
"""The severity by category; what is missing is safe."""


class ContentSafety(Protocol):
    """Judges what people and models say."""

    async def judge(self, text: str) -> Judgement:
        """Raises Unavailable when it does not answer."""
        ...

    async def check(self) -> str:
        """ "" when it takes our key, else what to mend."""
        ...

    async def close(self) -> None: ...
