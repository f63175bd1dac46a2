"""What a person is told when a handler was not let do what it began."""

from typing import Any

from shared.dialogue.phrases import phrase
from shared.errors import ApprovalNeeded, Refused, SignInNeeded
from shared.fabric import Fabric
from shared.pipeline.turns import approving, signing_in
from shared.records.conversation import Conversation
from shared.turn import Turn


async def say_instead(
    fabric: Fabric,
    turn: Turn,
    conversation: Conversation,
    refusal: Refused | SignInNeeded | ApprovalNeeded,
) -> dict[str, Any] | None:
    """Say why not, or what is asked first; what the handler recorded is forgotten."""
    if isinstance(refusal, Refused):
        said = phrase(turn.language, refusal.phrase) if refusal.phrase else refusal.text
        return _refusal(turn, said)
    if isinstance(refusal, ApprovalNeeded):
        said = await approving.ask(fabric, turn, conversation, refusal)
        return _refusal(turn, said) if said else None
    if turn.activity.type == "invoke":
        return _refusal(turn, phrase(turn.language, "signin.first"))
    await signing_in.offer(fabric, turn, conversation)
    return None


def _refusal(turn: Turn, text: str) -> dict[str, Any] | None:
    """Say why not, where the person looks: in the answer to a card, else in the chat."""
    if turn.activity.type != "invoke":
        turn.reply(text)
        return None
    return {
        "statusCode": 200,
        "type": "application/vnd.microsoft.activity.message",
        "value": text,
    }
