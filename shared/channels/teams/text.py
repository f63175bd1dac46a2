"""What a person said in Teams, without mentions, markup spaces and control characters."""

import html
import re
from collections.abc import Iterator
from typing import Any

from shared.activity import Activity
from shared.channels.teams import html_copy
from shared.text.clean import cleaned

_AT = re.compile(r"<at(?:\s[^>]*)?>(.*)</at>", re.DOTALL)


def read(activity: Activity) -> None:
    """Leave in `activity` what was said: the text as `spoken`, and no copy of it as a file.

    Where only the copy has words, they are the text.
    """
    copies = [each for each in activity.attachments if html_copy.is_copy(each)]
    if copies:
        activity["attachments"] = [each for each in activity.attachments if each not in copies]
        if not activity.text.strip():
            said = (each["content"] for each in copies if isinstance(each.get("content"), str))
            name = str(activity.recipient.get("name"))
            activity["text"] = "\n".join(html_copy.words(copy, name) for copy in said)
    if activity.text:
        activity["text"] = spoken(activity)


def spoken(activity: Activity) -> str:
    """The text of an inbound activity, cleaned and in NFC; mentions of the bot itself removed.

    Only what an entity marks is touched, and literally: a person may type `<at>` or `<quoted>`.
    """
    text = activity.text
    account = activity.recipient.get("id")
    for entity in activity.entities:
        mentioned = entity.get("mentioned")
        if entity.get("type") == "quotedReply":
            text = _without_quote(text, entity)
        if entity.get("type") != "mention" or not isinstance(mentioned, dict):
            continue
        is_bot = account is not None and mentioned.get("id") == account
        mark, shown = next(_marks_in(text, entity, mentioned), ("", ""))
        if mark:
            text = text.replace(mark, "" if is_bot else shown)
    return cleaned(text.replace("&nbsp;", " ").replace("\N{NO-BREAK SPACE}", " ")).strip()


def _marks_in(
    text: str, entity: dict[str, Any], mentioned: dict[str, Any]
) -> Iterator[tuple[str, str]]:
    """The mark that a mention left in the text, and the name to show in its place.

    Where a name has an `&`, Teams leaves `text` out of the entity, or escapes it in one place.
    """
    mark, name = entity.get("text"), mentioned.get("name")
    known = [mark] if isinstance(mark, str) and mark else []
    if isinstance(name, str) and name:
        known.append(f"<at>{name}</at>")
    for written in known:
        inner = _AT.fullmatch(written)
        if written in text:
            yield written, inner[1] if inner else written
        elif inner:
            plain = html.unescape(inner[1])
            for quote in (False, True):
                for other in (plain, html.escape(plain, quote=quote)):
                    if (changed := written.replace(inner[1], other)) in text:
                        yield changed, plain


def _without_quote(text: str, entity: dict[str, Any]) -> str:
    """The text without the placeholder of the message that this entity quotes."""
    quoted = entity.get("quotedReply")
    id = quoted.get("messageId") if isinstance(quoted, dict) else None
    if not isinstance(id, str | int) or id == "":
        return text
    mark = rf"""<quoted\s+messageId=(["']){re.escape(str(id))}\1\s*(?:/>|>\s*</quoted>)"""
    return re.sub(mark, "", text)
