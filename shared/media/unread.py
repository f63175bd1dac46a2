"""Why an attachment was not read, in a word for programs and a sentence for the person."""

from enum import StrEnum

from shared.errors import NotTaken


class Reason(StrEnum):
    """`GONE` is every way in which the bytes cannot be had, a forbidden address among them.

    `BLANK` was looked at, as a picture, and has no text; `UNSEEN`: nobody looks at pictures here.
    """

    TOO_BIG = "too_big"
    LOCKED = "locked"
    EMPTY = "empty"
    BLANK = "blank"
    UNSEEN = "unseen"
    UNKNOWN = "unknown"
    GONE = "gone"


_TEXTS = {
    Reason.TOO_BIG: "That file is too big for me. Could you send a shorter one, or paste the part?",
    Reason.LOCKED: "That file is locked with a password. Could you send it without one?",
    Reason.EMPTY: "I found no text in that file. If it is a scan, I cannot read it.",
    Reason.BLANK: (
        "I looked at that file and found no text in it. Could you send a sharper picture?"
    ),
    Reason.UNSEEN: ("I cannot read pictures here. Could you write it to me, or send a document?"),
    Reason.UNKNOWN: (
        "I cannot read that file. I can read PDF, Word, PowerPoint, Excel, HTML and text."
    ),
    Reason.GONE: "I could not get that file. Could you send it again?",
}


class Unread(NotTaken):
    """An attachment has no text for the bot.

    `status` is what its host answered, 0 when it was not asked or did not answer.
    A handler that lets it pass ends the turn, and the person reads the sentence.
    """

    def __init__(self, reason: Reason, detail: str = "", *, status: int = 0) -> None:
        super().__init__("file", reason, _TEXTS[reason], detail)
        self.reason = reason
        self.status = status
