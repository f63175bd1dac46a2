"""Files on their way to WhatsApp: uploaded to Meta, which takes some types up to some size.

Source: Meta docs, "Media", "Supported media types". What it does not take goes as a link.
"""

import secrets
from collections.abc import Awaitable, Callable
from typing import Any

from shared.activity import Activity
from shared.channels.whatsapp.activity import MEDIA_URL
from shared.clients.http import Response
from shared.media.file import Attached

_AUDIO_BYTES = _VIDEO_BYTES = 16_000_000
_IMAGE_BYTES, _DOCUMENT_BYTES = 5_000_000, 100_000_000
_OFFICE = "application/vnd.openxmlformats-officedocument"
TAKEN: dict[str, int] = {
    **dict.fromkeys(("image/jpeg", "image/png"), _IMAGE_BYTES),
    **dict.fromkeys(
        ("audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"), _AUDIO_BYTES
    ),
    **dict.fromkeys(("video/mp4", "video/3gpp"), _VIDEO_BYTES),
    **dict.fromkeys(
        (
            *("application/pdf", "text/plain", "application/msword"),
            *("application/vnd.ms-excel", "application/vnd.ms-powerpoint"),
            *(
                f"{_OFFICE}.{kind}"
                for kind in (
                    "wordprocessingml.document",
                    "spreadsheetml.sheet",
                    "presentationml.presentation",
                )
            ),
        ),
        _DOCUMENT_BYTES,
    ),
}
"""The bytes that Meta takes, by type."""

UPLOADED_SECONDS = 29 * 86_400
"""How long an upload may be named: Meta keeps it for 30 days."""

Upload = Callable[[Attached], Awaitable[str]]
Link = Callable[[Attached], Awaitable[str]]


def is_taken(file: Attached) -> bool:
    return file.size <= TAKEN.get(file.content_type, 0)


async def presented(activity: Activity, upload: Upload, link: Link) -> Activity:
    """One part of what is said, its file as Meta's id, or as a line with its address."""
    [each] = activity.attachments or [{}]
    file = Attached.read(each)
    if file is None:
        return activity
    if is_taken(file) and (id := await upload(file)):
        caption = activity.text or ("" if file.content_type.startswith("audio/") else file.alt)
        media = {**each, "contentUrl": f"{MEDIA_URL}{id}"}
        return Activity(activity, text=caption, attachments=[media])
    url = await link(file)
    lines = [activity.text, f"{file.title}: {url}" if url else file.title]
    rest = {key: value for key, value in activity.items() if key != "attachments"}
    return Activity(rest, text="\n\n".join(line for line in lines if line))


def form(file: Attached, content: bytes) -> tuple[dict[str, str], bytes]:
    """The headers and the body of an upload (RFC 7578)."""
    boundary = secrets.token_hex(16)
    name = "".join("_" if c in '"\\' else c for c in file.name)
    head = (
        f"--{boundary}\r\n"
        'Content-Disposition: form-data; name="messaging_product"\r\n\r\nwhatsapp\r\n'
        f"--{boundary}\r\n"
        f'Content-Disposition: form-data; name="type"\r\n\r\n{file.content_type}\r\n'
        f"--{boundary}\r\n"
        f'Content-Disposition: form-data; name="file"; filename="{name}"\r\n'
        f"Content-Type: {file.content_type}\r\n\r\n"
    )
    body = head.encode() + content + f"\r\n--{boundary}--\r\n".encode()
    return {"content-type": f"multipart/form-data; boundary={boundary}"}, body


def media_id(response: Response) -> str:
    """Meta's id for an upload; "" when it does not want this file.

    Raises what `graph.message_id` does for every other refusal.
    """
    from shared.channels.whatsapp.graph import checked
    from shared.errors import PermanentError

    try:
        answer: dict[str, Any] = checked(response)
    except PermanentError as error:
        if error.reason in _UNWANTED:
            return ""
        raise
    id = answer.get("id")
    return id if isinstance(id, str) else ""


_UNWANTED = frozenset({"whatsapp_100", "whatsapp_131009", "whatsapp_131051", "whatsapp_131053"})
"""Meta's ways to say that it knows the bytes better than their type."""
