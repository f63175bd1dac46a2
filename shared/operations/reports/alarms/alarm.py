"""An alarm: one thing that a rule finds wrong at this moment."""

from dataclasses import dataclass
from enum import StrEnum


class Rule(StrEnum):
    """Each has its section in docs/operate.md."""

    DEAD_LETTERS = "dead-letters"
    MESSAGES_WAIT = "messages-wait"
    ERRORS = "errors"
    BREAKER = "a-breaker-is-open"
    SILENT = "a-bot-is-silent"
    ORPHAN = "a-bot-has-no-owner"
    POLICY = "a-bot-breaks-the-policy"
    ENDS = "a-certificate-or-secret-ends"

    @property
    def page(self) -> str:
        return f"docs/operate.md#{self}"


@dataclass(frozen=True, slots=True)
class Alarm:
    """`subject` is what it is about, the same while it lasts; `detail` has the figures."""

    rule: Rule
    subject: str
    detail: str
    bot: str = ""
    owner: str = ""
