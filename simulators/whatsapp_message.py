"""A message as Meta takes it, and the error codes of what is refused.

Source: Meta docs, "Messages" and "Interactive messages" (limits), "Cloud API error codes".
"""

from collections.abc import Mapping
from typing import Any

KINDS = frozenset(
    {
        *("text", "image", "audio", "video", "document", "sticker", "location", "contacts"),
        *("interactive", "template", "reaction"),
    }
)
MAX_TEXT, MAX_CAPTION, MAX_PROMPT, MAX_LIST_PROMPT = 4096, 1024, 1024, 4096
MAX_BUTTONS, MAX_ROWS = 3, 10

MESSAGES = {
    33: "Object does not exist",
    100: "Invalid parameter",
    131000: "Something went wrong",
    131008: "Required parameter is missing",
    131009: "Parameter value is not valid",
    131026: "Message undeliverable",
    131047: "Re-engagement message",
    131056: "(Business Account, Consumer Account) pair rate limit hit",
    130429: "Rate limit hit",
    190: "Access token is invalid",
}
STATUSES = {190: 401, 131000: 500}
"""HTTP status of a code where it is not 400; who retries by status is wrong."""


def error(code: int, details: str = "") -> dict[str, Any]:
    """Graph's error body."""
    return {
        "error": {
            "message": f"(#{code}) {MESSAGES.get(code, 'Error')}",
            "type": "OAuthException",
            "code": code,
            "error_data": {"messaging_product": "whatsapp", "details": details},
            "fbtrace_id": "simulated",
        }
    }


def problem(body: Mapping[str, Any]) -> tuple[int, str] | None:
    """The code and detail of what is wrong with a message, None when it may be sent."""
    if body.get("messaging_product") != "whatsapp":
        return 100, "messaging_product must be whatsapp"
    recipient = body.get("to") or body.get("recipient")
    if not isinstance(recipient, str):
        return 131008, "to or recipient is needed"
    kind = body.get("type")
    if kind not in KINDS:
        return 131009, "type is not one of the message types"
    if kind == "contacts":
        return None if isinstance(body.get(kind), list) else (131008, "contacts is needed")
    content = body.get(kind)
    if not isinstance(content, dict):
        return 131008, f"{kind} is needed"
    if kind == "text":
        return _length(content.get("body"), 1, MAX_TEXT, "text.body")
    if kind == "interactive":
        return _interactive(content)
    if kind in ("image", "audio", "video", "document", "sticker"):
        if not (content.get("id") or content.get("link")):
            return 131008, f"{kind}.id or {kind}.link is needed"
        return _length(content.get("caption", ""), 0, MAX_CAPTION, f"{kind}.caption")
    return None


def _interactive(content: Mapping[str, Any]) -> tuple[int, str] | None:
    kind, action = content.get("type"), content.get("action")
    prompt = content.get("body")
    if not isinstance(action, dict) or not isinstance(prompt, dict):
        return 131008, "interactive.body and interactive.action are needed"
    longest = MAX_LIST_PROMPT if kind == "list" else MAX_PROMPT
    if wrong := _length(prompt.get("text"), 1, longest, "interactive.body.text"):
        return wrong
    if kind == "button":
        replies = [button.get("reply", {}) for button in action.get("buttons", [])]
        return _choices(replies, MAX_BUTTONS, title=20, id=256)
    if kind == "list":
        sections = action.get("sections", [])
        rows = [row for section in sections for row in section.get("rows", [])]
        if wrong := _length(action.get("button"), 1, 20, "action.button"):
            return wrong
        return _choices(rows, MAX_ROWS, title=24, id=200)
    return None


def _choices(
    choices: list[dict[str, Any]], most: int, *, title: int, id: int
) -> tuple[int, str] | None:
    if not 1 <= len(choices) <= most:
        return 131009, f"1 to {most} choices"
    for choice in choices:
        wrong = _length(choice.get("title"), 1, title, "title") or _length(
            choice.get("id"), 1, id, "id"
        )
        if wrong:
            return wrong
        if len(str(choice.get("description", ""))) > 72:
            return 131009, "description has at most 72 characters"
    if len({choice["title"] for choice in choices}) < len(choices):
        return 131009, "titles must differ"
    return None


def _length(value: Any, least: int, most: int, name: str) -> tuple[int, str] | None:
    if not isinstance(value, str):
        return 131008, f"{name} is needed"
    if not least <= len(value.strip() if least else value) or len(value) > most:
        return 100, f"{name} must be {least} to {most} characters long"
    return None


def text_of(body: Mapping[str, Any]) -> str:
    """What a person reads of it."""
    content = body.get(body["type"])
    if not isinstance(content, dict):
        return ""
    prompt = content.get("body")
    text = prompt.get("text") if isinstance(prompt, dict) else prompt
    return str(text or content.get("caption") or "")
