"""How an activity looks on its way to the connector: parts of a fit size, and the REST body.

Limits: a payload of 100 KB in UTF-16; suggested actions in personal chats only, three of them and
none beside a card; six buttons of a card (learn.microsoft.com, "format your bot messages",
"suggested actions", "cards reference").
"""

from collections.abc import Iterator
from typing import Any

from shared.activity import Activity, ConversationReference
from shared.channels.thumbs import ask_for_feedback

MAX_TEXT_BYTES = 25 * 1024
"""UTF-16 bytes of text in one message; the rest of the 100 KB is for cards and citations."""

MAX_SUGGESTED_ACTIONS = 3
MAX_CARD_BUTTONS = 6

_BORDERS = ("\n\n", "\n", ". ", " ")
_LAST_ONLY = ("attachments", "attachmentLayout", "suggestedActions", "value")
_OURS = frozenset({"id", "updateId", "serviceUrl", "channelId"})


def split(activity: Activity) -> list[Activity]:
    """Cut a long text at paragraph borders; buttons, cards and citations go with the last part.

    An `updateId` stays with the first part only, and mentions with the parts that name them.
    """
    texts = list(_pieces(activity.text, MAX_TEXT_BYTES // 2))
    if len(texts) < 2:
        return [activity]
    parts = []
    for position, text in enumerate(texts):
        part = Activity({**activity, "text": text})
        if position > 0:
            part.pop("updateId", None)
        last = position == len(texts) - 1
        if not last:
            for key in _LAST_ONLY:
                part.pop(key, None)
        if "entities" in activity:
            part["entities"] = [e for e in activity.entities if _belongs(e, text, last=last)]
        parts.append(part)
    return parts


def body(activity: Activity, reference: ConversationReference) -> dict[str, Any]:
    """The JSON of a send, reply or update: addressed, and without what is only ours.

    The conversation in the URL says who receives it; `reference.user` may be a directory id,
    which the connector does not know as a recipient.
    """
    message: dict[str, Any] = {
        key: value
        for key, value in activity.items()
        if key not in _OURS and not key.startswith(("_", "fabric"))
    }
    message["from"] = {"id": reference.account}
    message["conversation"] = {"id": reference.conversation}
    if reference.alone:
        message["recipient"] = {"id": reference.alone, "isTargeted": True}
    elif reference.reply_to:
        message["replyToId"] = reference.reply_to
    _show_buttons(message, is_group=reference.is_group)
    ask_for_feedback(message)
    return message


def _show_buttons(message: dict[str, Any], *, is_group: bool) -> None:
    """Offer what suggested actions would not show as buttons of hero cards."""
    actions = message.get("suggestedActions")
    buttons = actions.get("actions") if isinstance(actions, dict) else None
    attachments = message.get("attachments") or []
    if not isinstance(buttons, list) or not buttons:
        if is_group:
            message.pop("suggestedActions", None)
        return
    if not is_group and not attachments and len(buttons) <= MAX_SUGGESTED_ACTIONS:
        return
    del message["suggestedActions"]
    message["attachments"] = [
        *attachments,
        *(
            {
                "contentType": "application/vnd.microsoft.card.hero",
                "content": {"buttons": buttons[start : start + MAX_CARD_BUTTONS]},
            }
            for start in range(0, len(buttons), MAX_CARD_BUTTONS)
        ),
    ]


def _belongs(entity: dict[str, Any], text: str, *, last: bool) -> bool:
    if entity.get("type") == "mention":
        return str(entity.get("text")) in text
    return last


def _pieces(text: str, limit: int) -> Iterator[str]:
    """Consecutive pieces of at most `limit` UTF-16 units; joined, they are the text."""
    start = 0
    while (end := _fit(text, start, limit)) < len(text):
        middle = (start + end) // 2
        for border in _BORDERS:
            if (found := text.rfind(border, middle, end)) >= 0:
                end = found + len(border)
                break
        yield text[start:end]
        start = end
    yield text[start:]


def _fit(text: str, start: int, limit: int) -> int:
    """The largest end for which `text[start:end]` has at most `limit` UTF-16 units."""
    end = min(len(text), start + limit)
    if text.isascii():
        return end
    while (excess := _units(text[start:end]) - limit) > 0:
        end -= (excess + 1) // 2
    return end


def _units(text: str) -> int:
    return len(text) + sum(character > "\uffff" for character in text)
