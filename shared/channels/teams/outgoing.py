"""Files on their way to Teams: pictures in the message, others by consent or as a link.

Source: learn.microsoft.com, "Send and receive files": in a personal chat the person is asked
first, and the bot then uploads into their OneDrive; elsewhere a bot has no place to put a file.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from shared.activity import FILE_CONSENT, Activity, ConversationReference
from shared.media.file import Attached, attached_to

CONSENT = "application/vnd.microsoft.teams.card.file.consent"
INFO = "application/vnd.microsoft.teams.card.file.info"
HERO = "application/vnd.microsoft.card.hero"

MAX_PICTURE_BYTES = 1_000_000
"""Of a picture that Teams shows in a message; a larger one goes as a file."""

Link = Callable[[Attached], Awaitable[str]]


def apart(activity: Activity) -> list[Activity]:
    """What is said with its pictures, then each other file as a message of its own."""
    documents = [file for file in attached_to(activity) if not is_shown(file)]
    if not documents:
        return [activity]
    others = [
        each for each in activity.attachments if not (file := Attached.read(each)) or is_shown(file)
    ]
    first = Activity(activity)
    first.pop("attachments", None)
    if others:
        first["attachments"] = others
    alone = [Activity(type="message", attachments=[file.to_attachment()]) for file in documents]
    says = bool(first.text or others or first.get("suggestedActions") or first.get("entities"))
    return [first, *alone] if says else alone


def is_shown(file: Attached) -> bool:
    return file.is_image and file.size <= MAX_PICTURE_BYTES


async def presented(activity: Activity, reference: ConversationReference, link: Link) -> Activity:
    """The activity with each file of ours as Teams takes it in this conversation."""
    if not any(attached_to(activity)):
        return activity
    attachments = []
    for each in activity.attachments:
        file = Attached.read(each)
        attachments.append(each if file is None else await _presented(file, reference, link))
    return Activity(activity, attachments=attachments)


async def _presented(
    file: Attached, reference: ConversationReference, link: Link
) -> dict[str, Any]:
    if is_shown(file) and (url := await link(file)):
        return {"contentType": file.content_type, "name": file.title, "contentUrl": url}
    if reference.is_group or reference.alone:
        return _linked(file, await link(file))
    context = {"file": file.id}
    content = {
        "description": file.title,
        "sizeInBytes": file.size,
        "acceptContext": context,
        "declineContext": context,
    }
    return {"contentType": CONSENT, "name": file.name, "content": content}


def _linked(file: Attached, url: str) -> dict[str, Any]:
    content: dict[str, Any] = {"title": file.name, "text": file.alt}
    if url:
        content["buttons"] = [{"type": "openUrl", "title": file.name, "value": url}]
    return {"contentType": HERO, "content": content}


@dataclass(frozen=True, slots=True)
class Consent:
    """What a person answered to the question whether they want a file; `upload_url` takes it."""

    file: str
    accepted: bool
    upload_url: str = ""
    content_url: str = ""
    unique_id: str = ""
    file_type: str = ""
    name: str = ""

    @classmethod
    def of(cls, activity: Activity) -> "Consent | None":
        """None for any other activity. A client wrote it: nothing in it is to be trusted."""
        value = activity.value
        if activity.name != FILE_CONSENT or not isinstance(value, dict):
            return None
        context, info = _object(value.get("context")), _object(value.get("uploadInfo"))
        if not (id := _text(context.get("file"))):
            return None
        return cls(
            id,
            value.get("action") == "accept",
            upload_url=_text(info.get("uploadUrl")),
            content_url=_text(info.get("contentUrl")),
            unique_id=_text(info.get("uniqueId")),
            file_type=_text(info.get("fileType")),
            name=_text(info.get("name")),
        )

    def info_card(self, name: str) -> dict[str, Any]:
        """The card by which the person opens what now lies in their OneDrive."""
        content = {"uniqueId": self.unique_id, "fileType": self.file_type}
        return {
            "contentType": INFO,
            "contentUrl": self.content_url,
            "name": self.name or name,
            "content": content,
        }


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
