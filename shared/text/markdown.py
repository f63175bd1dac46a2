"""Markdown that a bot says, with words of others in it."""

import re

_MARKS = re.compile(r"[\\`*_\[\]~<>|#]")
_BARE_LINK = re.compile(r"\b(https?|ftp)://", re.IGNORECASE)


def as_words(text: str) -> str:
    """Return what somebody else said so that it is read as they said it: no links, no marks.

    A bot vouches for what it says; a link of somebody else in its voice is a way to deceive.
    """
    return _MARKS.sub(r"\\\g<0>", _BARE_LINK.sub(r"\1: //", text))
