"""What a person said in Teams, without mentions, markup spaces and control characters."""

import re

from shared.activity import Activity
from shared.text.clean import cleaned

_AT = re.compile(r"<at(?:\s[^>]*)?>(.*)</at>", re.DOTALL)


def spoken(activity: Activity) -> str:
    """The text of an inbound activity, cleaned and in NFC; mentions of the bot itself removed.

    Only what a mention entity marks is touched, and literally: a person may type `<at>`.
    """
    text = activity.text
    account = activity.recipient.get("id")
    for entity in activity.entities:
        mentioned, mark = entity.get("mentioned"), entity.get("text")
        if entity.get("type") != "mention" or not isinstance(mark, str) or not mark:
            continue
        if not isinstance(mentioned, dict):
            continue
        is_bot = account is not None and mentioned.get("id") == account
        text = text.replace(mark, "" if is_bot else _display(mark))
    return cleaned(text.replace("&nbsp;", " ").replace("\N{NO-BREAK SPACE}", " ")).strip()


def _display(mark: str) -> str:
    """`Ann` from `<at>Ann</at>`."""
    match = _AT.fullmatch(mark)
    return match[1] if match else mark
