"""What a conversation keeps of a form that somebody has begun."""

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

from shared.dialogue.forms.slot import Answers
from shared.event import event_id
from shared.records.person import mark_of

if TYPE_CHECKING:
    from shared.turn import Turn

STATE = "forms"
"""In a skill's state: for each form, by person, the draft."""

CONFIRM, CHANGE = "?", "?change"
"""As `asked`: whether all of it is right, and what is to be changed."""


@dataclass(frozen=True, slots=True)
class Draft:
    """`id` is on its cards; `asked` is the slot of the last question, `refused` how often in a
    row an answer did not do; `at` when the person last said something to it, in Unix time.
    `reached` are the slots that were asked for, `passed` those of them that were answered."""

    id: str
    at: float
    answers: Answers = field(default_factory=dict)
    asked: str = ""
    refused: int = 0
    reached: list[str] = field(default_factory=list)
    passed: list[str] = field(default_factory=list)

    @classmethod
    def begun(cls, turn: "Turn", answers: Answers) -> Self:
        id = event_id("form", turn.event.conversation, turn.event.work_id, turn.skill.name)[:12]
        return cls(id, turn.now, answers)

    @classmethod
    def load(cls, turn: "Turn", form: str, person: str) -> Self | None:
        """Return the person's draft; None without one, or when it is not of this shape."""
        kept = turn.state.get(STATE, {}).get(form, {}).get(person)
        try:
            return cls(**kept) if isinstance(kept, dict) else None
        except TypeError:
            return None

    def save(self, turn: "Turn", form: str, person: str) -> None:
        drafts = turn.state.setdefault(STATE, {}).setdefault(form, {})
        drafts[person] = {name: getattr(self, name) for name in self.__slots__}

    def with_answers(self, answers: Answers) -> Self:
        return replace(self, answers={**self.answers, **answers})

    def without(self, slot: str) -> Self:
        return replace(self, answers={k: v for k, v in self.answers.items() if k != slot})


def remove(turn: "Turn", form: str, person: str) -> None:
    """Forget a draft, and the place it had."""
    forms: dict[str, Any] = turn.state.get(STATE, {})
    forms.get(form, {}).pop(person, None)
    if not forms.get(form):
        forms.pop(form, None)
    if not forms:
        turn.state.pop(STATE, None)


def owner_of(turn: "Turn", form: str, id: str) -> str:
    """The person whose draft has this id; "" when nobody's has."""
    drafts = turn.state.get(STATE, {}).get(form, {})
    return next((person for person, kept in drafts.items() if kept.get("id") == id), "")


def person_of(turn: "Turn") -> str:
    """Who speaks, as drafts know them; who is answered, when a fact comes."""
    if isinstance(kept := turn.data.get("person"), str) and not turn.activity.is_message:
        return kept
    sender = turn.activity.sender
    return mark_of(str(sender.get("aadObjectId") or sender.get("id") or turn.reference.user))
