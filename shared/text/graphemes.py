"""Cuts text without tearing what a reader sees as one character.

An approximation of Unicode's extended grapheme clusters (UAX 29) that covers combining marks,
joined emoji, skin tones, flags, tag sequences and Hangul. Lengths are in code points.
"""

import unicodedata

_BORDERS = ("\n\n", "\n", ". ", "! ", "? ", "。", " ")
_JOINER = "\N{ZERO WIDTH JOINER}"


def border(text: str, at: int) -> bool:
    """Whether a new character begins at `text[at]`."""
    if not 0 < at < len(text):
        return True
    before, after = text[at - 1], text[at]
    if after < "\u0300":
        return (before, after) != ("\r", "\n")
    if _JOINER in (before, after) or unicodedata.category(after) in ("Mn", "Me", "Mc"):
        return False
    if "\U0001f3fb" <= after <= "\U0001f3ff" or "\U000e0020" <= after <= "\U000e007f":
        return False
    if "\u1160" <= after <= "\u11ff":
        return False
    if _is_flag_letter(after):
        letters = 0
        while letters < at and _is_flag_letter(text[at - 1 - letters]):
            letters += 1
        return letters % 2 == 0
    return True


def truncated(text: str, limit: int) -> str:
    """At most `limit` characters; what was cut ends in an ellipsis."""
    if len(text) <= limit:
        return text
    return text[: _fit(text, 0, limit - 1)].rstrip() + "…"


def pieces(text: str, limit: int) -> list[str]:
    """Consecutive pieces of at most `limit`, cut at paragraph, line or sentence where possible.

    Joined, they are the text. An empty text is one empty piece.
    """
    found, start = [], 0
    while len(text) - start > limit:
        end = _fit(text, start, limit)
        end = _last_border(text, start + limit // 2, end) or end
        found.append(text[start:end])
        start = end
    return [*found, text[start:]]


def ending(text: str, limit: int) -> str:
    """The longest well-cut end of `text` that has at most `limit` characters."""
    first = len(text) - limit
    if first <= 0:
        return text
    for mark in _BORDERS:
        at = text.find(mark, first)
        if at >= 0 and text[at + len(mark) :].strip() and border(text, at + len(mark)):
            return text[at + len(mark) :]
    at = next((at for at in range(first, len(text)) if border(text, at)), first)
    return text[at:]


def _fit(text: str, start: int, limit: int) -> int:
    """The last border within `limit` of `start`; a cluster longer than that is torn."""
    end = min(len(text), start + limit)
    return next((at for at in range(end, start, -1) if border(text, at)), end)


def _last_border(text: str, low: int, high: int) -> int:
    for mark in _BORDERS:
        end = text.rfind(mark, low, high) + len(mark)
        if end > low and border(text, end):
            return end
    return 0


def _is_flag_letter(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"
