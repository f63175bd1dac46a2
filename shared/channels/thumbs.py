"""Thumbs under an answer, as clients of Teams and Direct Line are asked to show them."""

from typing import Any

from shared.activity import FEEDBACK, Activity


def ask_for_feedback(message: dict[str, Any]) -> None:
    """Have the client show thumbs under what a model or an article has answered."""
    entities = message.get("entities")
    if not isinstance(entities, list) or not any(
        isinstance(entity, dict) and entity.get("citation") for entity in entities
    ):
        return
    data = message.get("channelData")
    known = data if isinstance(data, dict) else {}
    message["channelData"] = {"feedbackLoop": {"type": "default"}, **known}


def is_vote(activity: Activity) -> bool:
    """Tell whether it is such a thumb, as Teams and Web Chat post it."""
    return activity.type == "invoke" and activity.name == FEEDBACK
