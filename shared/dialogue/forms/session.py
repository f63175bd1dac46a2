"""A draft at work in one turn: begun, taken up, asked for, submitted by its card, completed.

What a message does to it is in `hearing`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from shared.dialogue.forms import asking, manner
from shared.dialogue.forms import draft as drafts
from shared.dialogue.forms.card import take
from shared.dialogue.forms.draft import CHANGE, CONFIRM, Draft, person_of
from shared.dialogue.forms.filling import Filled, broken, fill
from shared.dialogue.forms.hearing import hear
from shared.dialogue.forms.reading import Answer, Between, Locale, Reading, Refused
from shared.dialogue.forms.slot import Answers, Slot
from shared.dialogue.forms.wording import worded
from shared.dialogue.phrases import phrase

if TYPE_CHECKING:
    from shared.dialogue.forms.form import Form
    from shared.turn import Turn


@dataclass(slots=True)
class Session:
    """One person's draft of a form, in one turn."""

    form: "Form"
    turn: "Turn"
    draft: Draft

    def begin(self, text: str) -> None:
        filled = fill(self.form.slots, text, self.draft.answers, self.locale)
        self._note("", "begun")
        self.draft = self.draft.with_answers(filled.answers)
        if opening := worded(self.form.opening, self.turn.language):
            self.turn.reply(opening)
        self.ask_after(filled, opening=True)

    def take_up(self, text: str) -> Answers | None:
        """Go on with a draft; what is said beside "go on" is heard as if it had been open."""
        if not text or manner.resumes(text):
            self.go_on()
            return None
        self.turn.hold_floor()
        return hear(self, text)

    def go_on(self) -> None:
        self.turn.reply(phrase(self.turn.language, "form.goes-on"))
        self.draft = replace(self.draft, at=self.turn.now, refused=0)
        self.ask(opening=True)

    def hear(self, text: str) -> Answers | None:
        """Take one message; all answers once they are confirmed."""
        return hear(self, text)

    def submit(self) -> Answers | None:
        """Take all values of the card; when none is missing and none wrong, that is a yes.

        What is empty there and was said in words stays as it was said.
        """
        before = replace(self.draft, at=self.turn.now, refused=0)
        self.draft, wrong = take(self.form.slots, self.turn.value, before, self.locale)
        if not wrong and self.missing is None:
            return self.complete()
        for slot, unkept in wrong:
            refused = unkept if isinstance(unkept, Refused) else Refused("")
            why = asking.why(self.turn, slot, refused)
            self.turn.reply(f"**{slot.called(self.turn.language)}:** {why}")
        self.ask(opening=bool(wrong))
        return None

    def ask(self, *, slot: Slot | None = None, opening: bool = False, asked: bool = False) -> None:
        """Put the next question, or the whole to confirm; nothing when a reply has `asked` it."""
        slot = slot or self.missing
        self.turn.hold_floor()
        self._reach(slot.name if slot else CONFIRM)
        self.draft = replace(self.draft, asked=slot.name if slot else CONFIRM)
        self.save()
        if slot is None:
            asking.confirmation(self.turn, self.form.slots, self.draft, self.form.confirm)
        elif not asked:
            asking.question(self.turn, self.form.slots, slot, self.draft, opening=opening)

    def ask_what_to_change(self, slots: Sequence[Slot]) -> None:
        """Ask which answer is wrong; a yes to that confirms nothing."""
        self.draft = replace(self.draft, asked=CHANGE)
        self.save()
        asking.change_what(self.turn, slots)

    def complete(self) -> Answers | None:
        """Close the form, unless one answer does not go with another any more."""
        if found := broken(self.form.slots, self.draft.answers):
            slot, refused = found
            self.turn.reply(asking.why(self.turn, slot, refused))
            self.draft = self.draft.without(slot.name)
            self.ask(slot=slot)
            return None
        self._pass({*self.draft.answers, CONFIRM})
        self._note("", "completed")
        self.close()
        return self.draft.answers

    def cancel(self) -> None:
        self._note(self.draft.asked, "cancelled")
        self.close()
        self.turn.reply(worded(self.form.cancelled, self.turn.language))

    def close(self) -> None:
        drafts.remove(self.turn, self.form.name, person_of(self.turn))
        self.release()

    def _reach(self, slot: str) -> None:
        """Count, once a draft, that a slot is asked for, and those before it that are answered."""
        self._pass(set(self.draft.answers))
        if slot not in self.draft.reached:
            self.draft = replace(self.draft, reached=[*self.draft.reached, slot])
            self._note(slot, "asked")

    def _pass(self, answered: set[str]) -> None:
        passed = [
            slot
            for slot in self.draft.reached
            if slot in answered and slot not in self.draft.passed
        ]
        for slot in passed:
            self._note(slot, "answered")
        self.draft = replace(self.draft, passed=[*self.draft.passed, *passed])

    def _note(self, slot: str, what: str) -> None:
        """For the funnel of the form: names of slots, never what was answered."""
        self.turn.note("form", self.form.name, slot, what)

    @property
    def locale(self) -> Locale:
        return Locale.of(self.turn)

    @property
    def asked(self) -> Slot | None:
        return next((slot for slot in self.form.slots if slot.name == self.draft.asked), None)

    @property
    def missing(self) -> Slot | None:
        slots = self.form.slots
        return next((slot for slot in slots if slot.name not in self.draft.answers), None)

    def others(self, slot: Slot) -> Answers:
        return self.draft.without(slot.name).answers

    def keep(self, slot: Slot, reading: Reading, *, told: bool = False) -> None:
        """Keep one value and go on, or say why not; the value there was before then stays."""
        match slot.checked(reading, self.others(slot)):
            case Answer(value):
                self.draft = replace(self.draft.with_answers({slot.name: value}), refused=0)
                if told or self.draft.asked not in (slot.name, CONFIRM, CHANGE):
                    asking.noted(self.turn, [slot], self.draft)
                self.ask()
            case Between() | Refused() as unkept:
                self.ask_after(Filled(open=(slot, unkept)))

    def ask_after(self, filled: Filled, *, opening: bool = False) -> None:
        """Say what could not be kept and ask for that; else for what is missing."""
        match filled.open:
            case (slot, Between() as between):
                asking.which(self.turn, slot, between)
                self.ask(slot=slot, asked=True)
            case (slot, Refused() as refused):
                self.turn.reply(asking.why(self.turn, slot, refused))
                self.ask(slot=slot, opening=opening)
            case _:
                self.ask(opening=opening)

    def release(self) -> None:
        """Give the floor back, unless somebody else in the group is at a form of theirs."""
        me, forms = person_of(self.turn), self.turn.state.get(drafts.STATE, {})
        if not any(person != me for kept in forms.values() for person in kept):
            self.turn.release_floor()

    def save(self) -> None:
        self.draft.save(self.turn, self.form.name, person_of(self.turn))
