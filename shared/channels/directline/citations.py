"""Sources as Web Chat shows them: link definitions of Markdown under the text.

Seen with botframework-webchat 4.18.1, which lists `[1]: https://... "Title"` as a reference.
"""

import re
from typing import Any

from shared.activity import Activity

_URL = re.compile(r"https?://[^\s<>]+")


def with_links(activity: Activity) -> Activity:
    """Return what is said with a line for each source that it cites; a copy, in any case."""
    lines = [line for claim in _claims(activity) if (line := _line(claim))]
    said = Activity(activity)
    if lines and activity.is_message and activity.get("textFormat") != "plain":
        said["text"] = "\n\n".join(filter(None, [activity.text, "\n".join(lines)]))
    return said


def _claims(activity: Activity) -> list[dict[str, Any]]:
    entities = map(Activity, activity.entities)
    return [claim for entity in entities for claim in entity.objects("citation")]


def _line(claim: dict[str, Any]) -> str:
    """`[1]: https://... "Title"`; without an address the title alone, "" for no source."""
    position, source = claim.get("position"), claim.get("appearance")
    if not isinstance(position, int) or not isinstance(source, dict):
        return ""
    name = " ".join(str(source.get("name") or "").split())
    url = source.get("url")
    if isinstance(url, str) and _URL.fullmatch(url):
        title = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'[{position}]: {url} "{title}"' if title else f"[{position}]: {url}"
    return f"\\[{position}\\] {name}" if name else ""
