"""The multipart body of a Direct Line upload (RFC 7578).

An attachment carries name and type, and a small file its content as a `data:` URL, so that the
chat can show it; sizes stand in `channelData.attachmentSizes`, where Web Chat puts them. `content`
stays away: for a text file clients take it for the text.
"""

import re
from base64 import b64encode
from collections.abc import Sequence
from email.errors import MessageError
from email.message import Message
from email.parser import HeaderParser
from hashlib import sha256

from shared.activity import FILE_SCHEME, Activity
from shared.errors import Rejected
from shared.event import event_id
from shared.parse import json_object
from shared.text.clean import one_line

ACTIVITY_BYTES = 65_536
UPLOAD_BYTES = 4 * 1_048_576
_MAX_FILES = 10
ALLOWED_TYPES = frozenset(
    {
        *("application/pdf", "application/json", "application/zip", "application/rtf"),
        *("application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint"),
        *(
            f"application/vnd.openxmlformats-officedocument.{kind}"
            for kind in (
                "wordprocessingml.document",
                "spreadsheetml.sheet",
                "presentationml.presentation",
            )
        ),
        *(f"application/vnd.oasis.opendocument.{kind}" for kind in ("text", "spreadsheet")),
        "message/rfc822",
    }
)
"""Documents that people send; beside them text, pictures, sound and film."""
_ALLOWED_KINDS = ("text/", "image/", "audio/", "video/")
_ACTIVE_TYPES = frozenset({"image/svg+xml", "text/html", "text/javascript"})
"""What would run in a page that shows it."""
_ESCAPED = {"%22": '"', "%0D": "", "%0A": ""}
"""What browsers write for these in a file name (HTML, multipart/form-data)."""

SHOWN_BYTES = 65_536
"""Bytes of files that a message carries along (`contentUrl`); a larger one is kept beside it."""

_MAX_HEAD = 4_096
_BOUNDARY = re.compile(
    r'multipart/form-data\s*;.*?boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))', re.I
)


def is_upload(content_type: str) -> bool:
    return content_type.lower().startswith("multipart/form-data")


def activity_of(content_type: str, body: bytes) -> Activity:
    """The activity of an upload. Raises Rejected."""
    return uploaded(content_type, body)[0]


def uploaded(content_type: str, body: bytes) -> tuple[Activity, list[bytes]]:
    """The activity part with one attachment for each file part, and their bytes in order.

    A bare file is a message. Raises Rejected.
    """
    match = _BOUNDARY.match(content_type)
    if match is None:
        raise Rejected(400, "multipart_boundary")
    delimiter = b"\r\n--" + (match[1] or match[2]).encode("latin-1", "replace")
    parts = (b"\r\n" + body).split(delimiter)[1:]
    if len(parts) < 2 or not parts[-1].startswith(b"--"):
        raise Rejected(400, "multipart_truncated")
    if len(parts) > _MAX_FILES + 2:
        raise Rejected(413, "too_many_files")
    activity = Activity(type="message")
    files, sizes, contents, room = [], [], list[bytes](), SHOWN_BYTES
    for part in parts[:-1]:
        head, separator, content = part.partition(b"\r\n\r\n")
        if not separator or len(head) > _MAX_HEAD:
            raise Rejected(400, "multipart_part")
        headers = HeaderParser().parsestr(head.lstrip(b"\r\n").decode("utf-8", "replace"))
        name, filename = _names(headers)
        if name == "activity":
            activity = Activity(json_object(content, cap=ACTIVITY_BYTES))
        else:
            kind = _allowed(headers.get_content_type())
            file = {"contentType": kind, "name": _file_name(filename or name)}
            if len(content) <= room:
                room -= len(content)
                file["contentUrl"] = f"data:{kind};base64,{b64encode(content).decode()}"
            files.append(file)
            sizes.append(len(content))
            contents.append(content)
    if files:
        activity["attachments"] = files
        activity["channelData"] = {**activity.channel_data, "attachmentSizes": sizes}
    return activity, contents


def beside(activity: Activity, contents: Sequence[bytes]) -> dict[str, bytes]:
    """The bytes that a message cannot carry, by the id under which it names them from now on."""
    found = {}
    for number, (file, content) in enumerate(zip(activity.attachments, contents, strict=False)):
        if "contentUrl" not in file:
            id = event_id(activity.id, "upload", str(number), sha256(content).hexdigest())
            file |= {"contentUrl": f"{FILE_SCHEME}{id}", "size": len(content)}
            found[id] = content
    return found


def _file_name(name: str) -> str:
    """What the file is called, without the folders it was in: one line, no lone surrogates."""
    for written, meant in _ESCAPED.items():
        name = name.replace(written, meant)
    base = re.split(r"[/\\\\]", name.encode("utf-8", "replace").decode())[-1]
    return one_line(base, 200).strip(".") or "file"


def _allowed(content_type: str) -> str:
    """Raises Rejected 415 for a type of file that no bot has a use for."""
    kind = content_type.lower()
    if kind in ALLOWED_TYPES or (kind.startswith(_ALLOWED_KINDS) and kind not in _ACTIVE_TYPES):
        return kind[:100]
    raise Rejected(415, "file_type")


def _names(headers: Message) -> tuple[str, str]:
    """Name and file name of a part, from its Content-Disposition."""
    try:
        name = headers.get_param("name", "", header="content-disposition")
        return (name if isinstance(name, str) else ""), headers.get_filename("")
    except (MessageError, ValueError, LookupError) as error:
        raise Rejected(400, "multipart_disposition") from error
