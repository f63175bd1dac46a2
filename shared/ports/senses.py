"""What a bot understands people with, besides words and models."""

from dataclasses import dataclass

from shared.ports.scans import Scans
from shared.ports.speech import Speech
from shared.ports.translator import Translator


@dataclass(frozen=True, slots=True)
class Senses:
    """None where no service is configured."""

    speech: Speech | None = None
    translator: Translator | None = None
    scans: Scans | None = None
