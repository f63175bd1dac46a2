"""A message that looks as if it wants to steer the bot: told in the log and the audit, no more."""

from shared.observability import log
from shared.records.read import Read
from shared.turn import Turn

DETECTOR = "injection-signs"
"""What stands in the audit as the policy that put the message on record."""


def tell_if_suspicious(turn: Turn) -> None:
    """Look at what the person said; only the names of the signs get out, never the text."""
    from shared.ai.safety.injection import suspicion

    found = suspicion(turn.text)
    if not found.is_grave:
        return
    signs = ", ".join(found.signs)
    log.warning(
        "ai.injection",
        conversation=turn.reference.key,
        bot=turn.bot.id,
        source="message",
        signs=signs,
        weight=found.weight,
    )
    turn.knowledge.reader.note(Read("message", signs, DETECTOR, deed="suspected"))
