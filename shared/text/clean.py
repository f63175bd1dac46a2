"""Text of strangers without what is not seen: controls, overrides, tags, invisible carriers.

Such characters make a text read otherwise than it is processed, or hide words from a person
that a model sees. Joiners and marks that scripts and emoji need stay.
"""

import re
import unicodedata

_UNSEEN = re.compile(
    "["
    "\u0000-\u0008\u000b-\u001f\u007f-\u009f"  # C0 and C1, but for tab and line feed
    "\u200b\u2060-\u2064\u206a-\u206f\ufeff\u180e"  # zero width and invisible operators
    "\u202a-\u202e\u2066-\u2069"  # bidirectional embeddings, overrides and isolates
    "\ufff9-\ufffb"  # interlinear annotations
    "\U000e0000-\U000e01ef"  # tags, and variation selectors that no person can tell apart
    "]"
)


LONGEST_NAME = 128
"""Characters of what a person is called."""


def cleaned(text: str) -> str:
    """Return the text in NFC without unseen characters; lines and tabs stay."""
    return unicodedata.normalize("NFC", _UNSEEN.sub("", text.replace("\r\n", "\n")))


def one_line(text: str, longest: int) -> str:
    """Return a name as one line of at most `longest` characters."""
    return cleaned(text).replace("\n", "").replace("\t", "").strip()[:longest].strip()
