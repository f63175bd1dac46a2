"""A form that a conversation fills: asks one thing at a time, takes corrections, asks to confirm.

The answers are strings by slot, kept in the skill's state under `form`. So a form survives a
restart, and can be taken up again after days.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.dialogue.slot import Slot, agrees, cancels
from shared.text.words import words
from shared.turn import Turn

Answers = dict[str, str]

_ACTUALLY = re.compile(
    r"(?:(?:no|sorry|wait|oh|actually|rather|instead|i meant|i mean|make (?:it|that)|its|it is"
    r"|it's|it’s)\b[\s,.:;-]*)+",
    re.IGNORECASE,
)
_CHANGE = r"(?:please\s+)?(?:(?P<verb>change|set|make|correct|edit|update)\s+)?(?:(?:the|my)\s+)?"
_VALUE = r"\s*(?P<mark>[:=]|\bto\b|\bis\b|\bshould be\b)?\s*(?P<value>.*)"


@dataclass(frozen=True, slots=True)
class Form:
    """Slots in the order of their questions; what to ask in the end, and to say on cancelling."""

    slots: Sequence[Slot]
    confirm: str
    cancelled: str

    def is_open(self, turn: Turn) -> bool:
        """Whether the form has the floor; one that was interrupted is only a draft."""
        return self.has_draft(turn) and turn.floor == turn.skill.name

    def has_draft(self, turn: Turn) -> bool:
        return isinstance(turn.state.get("form"), dict)

    def open(self, turn: Turn, answers: Answers | None = None) -> None:
        """Take the floor and ask for what is missing; None goes on with the draft, if any."""
        if answers is not None or not self.has_draft(turn):
            turn.state["form"] = answers or {}
        turn.hold_floor()
        self.ask(turn)

    def close(self, turn: Turn) -> Answers:
        turn.release_floor()
        answers: Answers = turn.state.pop("form")
        return answers

    def hear(self, turn: Turn, text: str) -> Answers | None:
        """Take what the person says; all answers once they are confirmed, which closes the form."""
        answers: Answers = turn.state["form"]
        slot = self.missing(answers)
        if cancels(text):
            self.cancel(turn)
        elif correction := self.correction(text, answers):
            changed, value = correction
            answers.pop(changed.name, None)
            if value:
                self.take(turn, changed, value)
            self.ask(turn, changed if changed.name not in answers else None)
        elif slot:
            self.take(turn, slot, text)
            self.ask(turn)
        elif (yes := agrees(text)) is None:
            last = self.slots[-1].name
            turn.reply(f"Please answer **yes** or **no**, or say what to change, as in *{last}: …*")
            self.ask(turn)
        elif yes:
            return self.close(turn)
        else:
            choices = [f"change {slot.name}" for slot in self.slots]
            turn.reply("What shall I change?", buttons=[*choices, "cancel"])
        return None

    def click(self, turn: Turn, action: object) -> Answers | None:
        """A card's button `confirm` or `cancel`: worth no more than the words it stands for."""
        if not self.has_draft(turn) or action not in ("confirm", "cancel"):
            turn.reply("There is no open form for this button.")
        elif action == "cancel":
            self.cancel(turn)
        elif self.missing(turn.state["form"]):
            self.open(turn)
        else:
            return self.close(turn)
        return None

    def cancel(self, turn: Turn) -> None:
        self.close(turn)
        turn.reply(self.cancelled)

    def take(self, turn: Turn, slot: Slot, text: str) -> None:
        """Keep the answer, or say why it does not do."""
        if value := slot.read(text):
            turn.state["form"][slot.name] = value
        elif turn.activity.attachments and not words(text):
            turn.reply("Thank you for the file. I need it in words as well.")
        else:
            turn.reply(f"{slot.hint} Or write **cancel**.")

    def ask(self, turn: Turn, slot: Slot | None = None) -> None:
        """Put the next question, or the whole to confirm."""
        answers: Answers = turn.state["form"]
        if slot := slot or self.missing(answers):
            turn.reply(slot.question, buttons=list(slot.choices))
            return
        lines = [f"- **{slot.name.title()}:** {answers[slot.name]}" for slot in self.slots]
        turn.reply("\n".join([self.confirm, "", *lines]), buttons=["yes", "no", "cancel"])

    def missing(self, answers: Mapping[str, str]) -> Slot | None:
        """The slot to ask for next; None when the form is complete."""
        return next((slot for slot in self.slots if slot.name not in answers), None)

    def correction(self, text: str, answers: Mapping[str, str]) -> tuple[Slot, str] | None:
        """The slot that a text is about, and the new answer, "" when it is still to be asked.

        Understands `urgency: high`, `change urgency to high`, `change urgency`, and, for a
        choice that was made before, `actually high`.
        """
        text = text.strip()
        rest = _ACTUALLY.sub("", text, count=1)
        for slot in self.slots:
            match = re.fullmatch(_CHANGE + slot.name + r"\b" + _VALUE, rest, re.I | re.S)
            if match is None:
                continue
            verb, mark, value = match["verb"], match["mark"], match["value"].strip()
            answered = slot.name in answers
            if not value and (verb or answered):
                return slot, ""
            if slot.read(value) and (mark or slot.choices):
                return slot, value
            if value and answered and (verb or mark in (":", "=")):
                return slot, value
        made = [s for s in self.slots if s.choices and s.name in answers and s.read(rest)]
        return (made[0], rest) if rest != text and len(made) == 1 else None
