"""What a form does with one message: keeps answers, takes corrections, refuses, asks, completes.

It asks for one thing at a time, takes several from one sentence, takes corrections of any, lets
the bot answer a question in between, and asks to confirm.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from shared.dialogue.forms import asking, manner
from shared.dialogue.forms import draft as drafts
from shared.dialogue.forms.draft import CONFIRM, Draft, person_of
from shared.dialogue.forms.filling import Correction, Filled, correction, fill
from shared.dialogue.forms.kinds import File, Text
from shared.dialogue.forms.reading import Answer, Between, Locale, Reading, Refused
from shared.dialogue.forms.slot import Answers, Slot
from shared.dialogue.forms.wording import worded
from shared.dialogue.phrases import phrase
from shared.text.words import words
from shared.turn import Button

if TYPE_CHECKING:
    from shared.dialogue.forms.form import Form
    from shared.turn import Turn

MAX_REFUSALS = 2
"""Refusals in a row; with the next the form lets go, and the bot hears what was said."""


SHORT_ANSWER = 3
"""Words that are an answer, if a wrong one, and nothing to add to a text."""


@dataclass(slots=True)
class Session:
    """One person's draft of a form, in one turn."""

    form: "Form"
    turn: "Turn"
    draft: Draft

    def begin(self, text: str) -> None:
        filled = fill(self.form.slots, text, self.draft.answers, self.locale)
        self.draft = self.draft.with_answers(filled.answers)
        if opening := worded(self.form.opening, self.turn.language):
            self.turn.reply(opening)
        self._ask_after(filled, opening=True)

    def take_up(self, text: str) -> Answers | None:
        """Go on with a draft; what is said beside "go on" is heard as if it had been open."""
        if not text or manner.resumes(text):
            self.go_on()
            return None
        self.turn.hold_floor()
        return self.step(text)

    def go_on(self) -> None:
        self.turn.reply(phrase(self.turn.language, "form.goes-on"))
        self.draft = replace(self.draft, at=self.turn.now, refused=0)
        self.ask(opening=True)

    def step(self, text: str) -> Answers | None:
        """Take one message; all answers once they are confirmed."""
        turn, slot = self.turn, self._asked
        self.draft = replace(self.draft, at=turn.now)
        confirming = self.draft.asked == CONFIRM
        bare = confirming and not manner.asks(text)
        found = correction(self.form.slots, text, self.draft.answers, self.locale, bare=bare)
        if slot and slot.unsure is not None and manner.is_unsure(text):
            self._keep(slot, Answer(slot.unsure), told=True)
        elif manner.cancels(text):
            self.cancel()
        elif taken := self._file(slot):
            self._keep(*taken)
        elif manner.resumes(text):
            self.go_on()
        elif confirming and (yes := manner.agrees(text)) is not None:
            if yes:
                return self.complete()
            self._save()
            asking.change_what(turn, self.form.slots)
        elif slot and slot.optional and manner.leaves_out(text):
            self.draft = self.draft.with_answers({slot.name: None})
            self.ask()
        elif found:
            self._correct(found)
        elif manner.thanks(text) or (manner.is_angry(text) and not _grows(slot)):
            self._save()
            asking.still_open(turn, "form.thanks" if manner.thanks(text) else "form.angry")
        elif self._is_question(slot, text):
            self._let_the_bot_answer()
        else:
            self._answer(slot, text)
        return None

    def submit(self) -> Answers | None:
        """Take all values of the card; when none is missing and none wrong, that is a yes."""
        wrong = list[tuple[Slot, Reading]]()
        self.draft = replace(self.draft, at=self.turn.now, refused=0)
        for slot in (slot for slot in self.form.slots if not isinstance(slot.kind, File)):
            given = str(self.turn.value.get(slot.name) or "").strip()
            self.draft = self.draft.without(slot.name)
            if not given and slot.optional:
                self.draft = self.draft.with_answers({slot.name: None})
            elif given:
                reading = slot.kind.read(given, self.locale)
                match slot.checked(reading, self.draft.answers):
                    case Answer(value):
                        self.draft = self.draft.with_answers({slot.name: value})
                    case unkept:
                        wrong.append((slot, unkept))
        if not wrong and self._missing is None:
            return self.complete()
        for slot, unkept in wrong:
            refused = unkept if isinstance(unkept, Refused) else Refused("")
            why = asking.why(self.turn, slot, refused)
            self.turn.reply(f"**{slot.called(self.turn.language)}:** {why}")
        self.ask(opening=bool(wrong))
        return None

    def ask(self, *, slot: Slot | None = None, opening: bool = False, asked: bool = False) -> None:
        """Put the next question, or the whole to confirm; nothing when a reply has `asked` it."""
        slot = slot or self._missing
        self.turn.hold_floor()
        self.draft = replace(self.draft, asked=slot.name if slot else CONFIRM)
        self._save()
        if slot is None:
            asking.confirmation(self.turn, self.form.slots, self.draft, self.form.confirm)
        elif not asked:
            asking.question(self.turn, self.form.slots, slot, self.draft, opening=opening)

    def complete(self) -> Answers | None:
        """Close the form, unless one answer does not go with another any more."""
        for slot in self.form.slots:
            value = self.draft.answers.get(slot.name)
            refused = slot.checked(Answer(value), self._others(slot))
            if value is not None and isinstance(refused, Refused):
                self.turn.reply(asking.why(self.turn, slot, refused))
                self.draft = self.draft.without(slot.name)
                self.ask(slot=slot)
                return None
        self.close()
        return self.draft.answers

    def cancel(self) -> None:
        self.close()
        self.turn.reply(worded(self.form.cancelled, self.turn.language))

    def close(self) -> None:
        drafts.remove(self.turn, self.form.name, person_of(self.turn))
        self._release()

    @property
    def locale(self) -> Locale:
        return Locale.of(self.turn)

    @property
    def _asked(self) -> Slot | None:
        return next((slot for slot in self.form.slots if slot.name == self.draft.asked), None)

    @property
    def _missing(self) -> Slot | None:
        slots = self.form.slots
        return next((slot for slot in slots if slot.name not in self.draft.answers), None)

    def _others(self, slot: Slot) -> Answers:
        return self.draft.without(slot.name).answers

    def _answer(self, slot: Slot | None, text: str) -> None:
        """Keep what the text answers; add it to a text that grows; else refuse it."""
        asked = slot.name if slot else ""
        known = self._others(slot) if slot else self.draft.answers
        filled = fill(self.form.slots, text, known, self.locale, asked=asked)
        grown = next((s for s in self.form.slots if _grows(s)), None)
        refused = filled.open and filled.open[0] is slot and isinstance(filled.open[1], Refused)
        if filled.answers or (filled.open and not refused):
            self.draft = replace(self.draft.with_answers(filled.answers), refused=0)
            beside = [s for s in self.form.slots if s.name in filled.answers and s is not slot]
            if beside:
                asking.noted(self.turn, beside, self.draft)
            self._ask_after(filled)
        elif grown and grown.name in self.draft.answers and len(words(text)) > SHORT_ANSWER:
            before = str(self.draft.answers[grown.name]).rstrip(". ")
            more = manner.added(text)
            self._keep(grown, grown.kind.read(f"{before}. {more}", self.locale), told=True)
        else:
            reading = filled.open[1] if filled.open else Refused("")
            self._refuse(slot, reading if isinstance(reading, Refused) else Refused(""))

    def _correct(self, found: Correction | Sequence[Slot]) -> None:
        if not isinstance(found, Correction):
            self._save()
            asking.change_what(self.turn, found)
        elif found.reading is None:
            self.draft = replace(self.draft.without(found.slot.name), refused=0)
            self.ask(slot=found.slot)
        else:
            self._keep(found.slot, found.reading)

    def _keep(self, slot: Slot, reading: Reading, *, told: bool = False) -> None:
        """Keep one value and go on, or say why not; the value there was before then stays."""
        match slot.checked(reading, self._others(slot)):
            case Answer(value):
                self.draft = replace(self.draft.with_answers({slot.name: value}), refused=0)
                if told or self.draft.asked not in (slot.name, CONFIRM):
                    asking.noted(self.turn, [slot], self.draft)
                self.ask()
            case Between() | Refused() as unkept:
                self._ask_after(Filled(open=(slot, unkept)))

    def _ask_after(self, filled: Filled, *, opening: bool = False) -> None:
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

    def _refuse(self, slot: Slot | None, refused: Refused) -> None:
        """Say so in other words each time; after `MAX_REFUSALS` let go, and keep the draft."""
        turn = self.turn
        times = self.draft.refused + 1
        self.draft = replace(self.draft, refused=times)
        if times > MAX_REFUSALS and turn.bot.default_skill != turn.skill.name:
            self._lay_aside()
        elif slot is None:
            name = self.form.slots[-1].called(turn.language)
            last = asking.mid_sentence(name, turn.language)
            id = "form.yes-or-no" if times % 2 else "form.yes-or-no-again"
            turn.reply(phrase(turn.language, id, slot=last))
            self.ask()
        elif turn.activity.attachments and not words(turn.text):
            turn.reply(phrase(turn.language, "form.in-words"))
            self.ask()
        else:
            asking.refusal(turn, slot, refused, times)
            self.ask(slot=slot, asked=times > 1)

    def _lay_aside(self) -> None:
        turn = self.turn
        self.draft = replace(self.draft, refused=0)
        self._save()
        self._release()
        go_on = Button(phrase(turn.language, "form.go-on-button"), f"/{turn.skill.name}")
        turn.reply(phrase(turn.language, "form.laid-aside"), buttons=[go_on])
        if turn.event.hops == 0:
            turn.hand_off(turn.bot.default_skill)

    def _let_the_bot_answer(self) -> None:
        """Hand a question on; the form goes on when it is answered."""
        turn = self.turn
        self._save()
        if turn.bot.default_skill != turn.skill.name:
            turn.hand_off(turn.bot.default_skill, come_back={"person": person_of(turn)})
        else:
            turn.reply(phrase(turn.language, "form.no-question"))
            self.ask()

    def _is_question(self, slot: Slot | None, text: str) -> bool:
        """Whether the text asks something. A value with a question mark is still an answer."""
        if not manner.asks(text) or self.turn.event.hops:
            return False
        if slot is None:
            return True
        if isinstance(slot.kind, Text):
            return not slot.kind.questions
        short = len(words(text)) <= manner.SHORTEST_QUESTION
        return not (short and isinstance(slot.kind.read(text, self.locale), Answer))

    def _file(self, slot: Slot | None) -> tuple[Slot, Reading] | None:
        """The slot that an attachment is for, and its reading."""
        missing = [s for s in self.form.slots if s.name not in self.draft.answers]
        for each in [slot, *missing] if slot else missing:
            if isinstance(each.kind, File) and (
                taken := each.kind.take(self.turn.activity.attachments)
            ):
                return each, taken
        return None

    def _release(self) -> None:
        """Give the floor back, unless somebody else in the group is at a form of theirs."""
        me, forms = person_of(self.turn), self.turn.state.get(drafts.STATE, {})
        if not any(person != me for kept in forms.values() for person in kept):
            self.turn.release_floor()

    def _save(self) -> None:
        self.draft.save(self.turn, self.form.name, person_of(self.turn))


def _grows(slot: Slot | None) -> bool:
    return slot is not None and isinstance(slot.kind, Text) and slot.kind.grows
