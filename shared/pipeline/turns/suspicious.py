"""A text that looks as if it wants to steer the bot: told in the log and the audit, no more."""

from typing import TYPE_CHECKING

from shared.observability import log
from shared.records.read import Read
from shared.turn import Turn

if TYPE_CHECKING:
    from shared.ai.safety.injection import Suspicion

DETECTOR = "injection-signs"
"""What stands in the audit as the policy that put the text on record."""


def tell_if_suspicious(turn: Turn) -> None:
    """Look at what the person said; only the names of the signs get out, never the text."""
    from shared.ai.safety.injection import suspicion

    found = suspicion(turn.text)
    if found.is_grave:
        _log(turn.reference.key, turn.bot.id, "message", "", found)
        signs = ", ".join(found.signs)
        turn.knowledge.reader.note(Read("message", signs, DETECTOR, deed="suspected"))


def tell_of_what_is_read(turn: Turn) -> None:
    """Have what a model is given in this turn told of in the same way, each text once.

    Who is told does not hold the turn, which holds it: only the collector would free the two.
    """
    reference, bot, reader = turn.reference, turn.bot.id, turn.knowledge.reader

    def noticed(kind: str, name: str, found: "Suspicion") -> None:
        _log(reference.key, bot, kind, name, found)
        reader.note(Read(kind, name, DETECTOR, deed="suspected"))

    turn.ai.noticed = noticed


def _log(conversation: str, bot: str, source: str, name: str, found: "Suspicion") -> None:
    log.warning(
        "ai.injection",
        conversation=conversation,
        bot=bot,
        source=source,
        **({source: name} if name else {}),
        signs=", ".join(found.signs),
        weight=found.weight,
    )
