"""The multipart body of a Direct Line upload (RFC 7578).

Files are named to the bot, not kept: an attachment carries name, type and size only.
"""

import re
from email.errors import MessageError
from email.message import Message
from email.parser import HeaderParser

from shared.activity import Activity
from shared.errors import Rejected
from shared.parse import json_object

ACTIVITY_BYTES = 65_536
UPLOAD_BYTES = 4 * 1_048_576
_MAX_FILES = 10
_MAX_HEAD = 4_096
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_BOUNDARY = re.compile(
    r'multipart/form-data\s*;.*?boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))', re.I
)


def is_upload(content_type: str) -> bool:
    return content_type.lower().startswith("multipart/form-data")


def activity_of(content_type: str, body: bytes) -> Activity:
    """The activity part with one attachment for each file part; a bare file is a message.

    Raises Rejected.
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
    files = []
    for part in parts[:-1]:
        head, separator, content = part.partition(b"\r\n\r\n")
        if not separator or len(head) > _MAX_HEAD:
            raise Rejected(400, "multipart_part")
        headers = HeaderParser().parsestr(head.lstrip(b"\r\n").decode("utf-8", "replace"))
        name, filename = _names(headers)
        if name == "activity":
            activity = Activity(json_object(content, cap=ACTIVITY_BYTES))
        else:
            files.append(
                {
                    "contentType": headers.get_content_type()[:100],
                    "name": _line(filename or name or "file"),
                    "content": {"bytes": len(content)},
                }
            )
    if files:
        activity["attachments"] = files
    return activity


def _line(name: str) -> str:
    """A file name that storage takes: one line, no lone surrogates."""
    return _CONTROL.sub("", name.encode("utf-8", "replace").decode())[:200]


def _names(headers: Message) -> tuple[str, str]:
    """Name and file name of a part, from its Content-Disposition."""
    try:
        name = headers.get_param("name", "", header="content-disposition")
        return (name if isinstance(name, str) else ""), headers.get_filename("")
    except (MessageError, ValueError, LookupError) as error:
        raise Rejected(400, "multipart_disposition") from error
