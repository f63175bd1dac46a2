"""One WhatsApp message as an activity; the message itself stays whole in `channelData.whatsapp`.

Source: Meta docs, "Webhooks: messages". What has no form in Bot Framework, or not the
documented shape, is an `event` named `whatsapp/<type>`.
"""

import re
from datetime import UTC, datetime
from typing import Any

from shared.activity import Activity
from shared.errors import Rejected
from shared.parse import json_object
from shared.text.clean import cleaned

MEDIA_URL = "whatsapp:media/"
"""Attachments say where their bytes are by this and Meta's media id."""

_MEDIA = frozenset({"image", "audio", "video", "document", "sticker"})
_NAME = re.compile(r"[A-Za-z0-9_]{1,64}")
_EPOCH = re.compile(r"[0-9]{1,12}")


def activity_of(message: dict[str, Any], contact: dict[str, Any] | None) -> Activity:
    """Type, content and id; the caller adds who, where and to whom."""
    activity = Activity(
        _fields(message),
        id=text_of(message.get("id")),
        channelId="whatsapp",
        channelData={"whatsapp": message, **({"contact": contact} if contact else {})},
    )
    at = time_of(message.get("timestamp"))
    if at is not None:
        activity["timestamp"] = datetime.fromtimestamp(at, UTC).isoformat()
    quoted = message.get("context")
    if isinstance(quoted, dict) and "replyToId" not in activity and text_of(quoted.get("id")):
        activity["replyToId"] = quoted["id"]
    return activity


def time_of(timestamp: Any) -> float | None:
    """Unix time from Meta's seconds or an ISO text, None for anything else."""
    try:
        if _EPOCH.fullmatch(str(timestamp)):
            at = float(timestamp)
        else:
            moment = datetime.fromisoformat(timestamp)
            at = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        datetime.fromtimestamp(at, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
    return at


def text_of(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _fields(message: dict[str, Any]) -> dict[str, Any]:
    kind = text_of(message.get("type"))
    kind = kind if _NAME.fullmatch(kind) else "unknown"
    body = message.get(kind)
    if (said := _said(kind, body)) is not None:
        return {"type": "message", "textFormat": "plain", **said}
    if isinstance(body, dict):
        if kind == "reaction" and text_of(body.get("message_id")):
            emoji = text_of(body.get("emoji"))
            change = "reactionsAdded" if emoji else "reactionsRemoved"
            return {
                "type": "messageReaction",
                change: [{"type": emoji}],
                "replyToId": body["message_id"],
            }
        if kind in ("edit", "revoke") and text_of(body.get("original_message_id")):
            return {**_changed(kind, body), "replyToId": body["original_message_id"]}
    return {"type": "event", "name": f"whatsapp/{kind}", "value": body}


def _changed(kind: str, body: dict[str, Any]) -> dict[str, Any]:
    if kind == "revoke":
        return {"type": "messageDelete"}
    now = body.get("message")
    now = now if isinstance(now, dict) else {}
    now_kind = text_of(now.get("type"))
    return {"type": "messageUpdate", **(_said(now_kind, now.get(now_kind)) or {})}


def _said(kind: str, body: Any) -> dict[str, Any] | None:
    """The content of a message activity, or None when this is none."""
    if kind == "contacts" and isinstance(body, list) and body:
        return {"text": "", "attachments": [_attachment("contact", person) for person in body]}
    if not isinstance(body, dict):
        return None
    if kind in _MEDIA:
        return {"text": _clean(body.get("caption")), "attachments": [_media(body)]}
    match kind:
        case "text" if isinstance(body.get("body"), str):
            return {"text": _clean(body["body"])}
        case "location":
            return {"text": "", "attachments": [_attachment("location", body)]}
        case "order":
            return {"text": _clean(body.get("text")), "attachments": [_attachment("order", body)]}
        case "button" if isinstance(body.get("text"), str):
            payload = body.get("payload")
            said = {"text": _clean(body["text"])}
            return {**said, "value": {"payload": payload}} if payload != body["text"] else said
        case "interactive":
            return _answer(text_of(body.get("type")), body)
    return None


def _answer(kind: str, body: dict[str, Any]) -> dict[str, Any] | None:
    """A choice says its id, which is the value of the button that offered it; a form is a value."""
    reply = body.get(kind)
    if not isinstance(reply, dict):
        return None
    if kind in ("button_reply", "list_reply"):
        said = text_of(reply.get("id")) or text_of(reply.get("title"))
        return {"text": _clean(said)} if said else None
    if kind == "nfm_reply":
        form = text_of(reply.get("response_json")).encode("utf-8", "replace")
        try:
            return {"text": "", "value": json_object(form, cap=len(form))}
        except Rejected:
            return {"text": "", "value": reply}
    return None


def _media(body: dict[str, Any]) -> dict[str, Any]:
    media_type, id = text_of(body.get("mime_type")), text_of(body.get("id"))
    attachment = {"contentType": media_type or "application/octet-stream", "content": body}
    if id:
        attachment["contentUrl"] = MEDIA_URL + id
    if name := text_of(body.get("filename")):
        attachment["name"] = name
    return attachment


def _attachment(kind: str, content: Any) -> dict[str, Any]:
    return {"contentType": f"application/vnd.whatsapp.{kind}+json", "content": content}


def _clean(text: Any) -> str:
    """As it was typed, without control characters."""
    return cleaned(text_of(text))
