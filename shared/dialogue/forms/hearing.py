"""What one message does to a form: an answer, a correction, a question in between, a way out."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from shared.dialogue.forms import asking, manner
from shared.dialogue.forms.draft import CHANGE, CONFIRM, person_of
from shared.dialogue.forms.filling import Correction, correction, corrections, fill
from shared.dialogue.forms.kinds import File, Text
from shared.dialogue.forms.reading import Answer, Locale, Reading, Refused
from shared.dialogue.forms.slot import Answers, Slot
from shared.dialogue.person_wish import insists_on_person
from shared.dialogue.phrases import phrase
from shared.dialogue.urgent import urgent
from shared.text.words import words
from shared.turn import Button

if TYPE_CHECKING:
    from shared.dialogue.forms.session import Session

MAX_REFUSALS = 2
"""Refusals in a row; with the next the form lets go, and the bot hears what was said."""

HANDOFF = "handoff"
"""The skill that brings in a person."""

SHORT_ANSWER = 3
"""Words that are an answer, if a wrong one, and nothing to add to a text."""


def hear(session: "Session", text: str) -> Answers | None:
    """Take one message; all answers once they are confirmed."""
    turn, slot = session.turn, session.asked
    session.draft = replace(session.draft, at=turn.now)
    confirming = session.draft.asked in (CONFIRM, CHANGE)
    bare = confirming and not manner.asks(text)
    found = correction(session.form.slots, text, session.draft.answers, session.locale, bare=bare)
    if slot and (unsaid := _unsaid(slot, text, session.locale.language)):
        _keep_unsaid(session, slot, unsaid)
    elif manner.cancels(text):
        session.cancel()
    elif not turn.event.hops and urgent(turn.bot, text):
        _put_first(session, slot, text)
    elif taken := _file(session, slot):
        session.keep(*taken)
    elif manner.resumes(text):
        session.go_on()
    elif confirming and (yes := manner.agrees(text)) is not None:
        return _decide(session, yes=yes)
    elif several := _several(session, found, text, bare=bare):
        _correct_all(session, several)
    elif found:
        _correct(session, found)
    elif insists_on_person(text) and HANDOFF in turn.bot.skills:
        session.save()
        session.release()
        turn.hand_off(HANDOFF)
    elif manner.thanks(text) or (manner.is_angry(text) and not _grows(slot)):
        session.save()
        asking.still_open(turn, "form.thanks" if manner.thanks(text) else "form.angry")
    elif not turn.event.hops and _is_question(slot, text, session.locale):
        _let_the_bot_answer(session)
    else:
        _answer(session, slot, text)
    return None


def _unsaid(slot: Slot, text: str, language: str) -> Answer | None:
    """What a slot gets from somebody who does not know, or leaves it out."""
    if slot.unsure is not None and manner.is_unsure(text):
        return Answer(slot.unsure)
    left_out = slot.optional and manner.leaves_out(text, slot.names(language))
    return Answer(None) if left_out else None


def _keep_unsaid(session: "Session", slot: Slot, unsaid: Answer) -> None:
    if unsaid.value is not None:
        session.keep(slot, unsaid, told=True)
    else:
        session.draft = session.draft.with_answers({slot.name: None})
        session.ask()


def _decide(session: "Session", *, yes: bool) -> Answers | None:
    """A yes to all of it completes; a yes to what is to be changed only shows all of it."""
    if yes and session.draft.asked == CONFIRM:
        return session.complete()
    if yes:
        session.ask()
    else:
        session.ask_what_to_change(session.form.slots)
    return None


def _answer(session: "Session", slot: Slot | None, text: str) -> None:
    """Keep what the text answers; add it to a text that grows; else refuse it."""
    asked = slot.name if slot else ""
    known = session.others(slot) if slot else session.draft.answers
    filled = fill(session.form.slots, text, known, session.locale, asked=asked)
    grown = next((s for s in session.form.slots if _grows(s)), None)
    reading = filled.open[1] if filled.open and filled.open[0] is slot else None
    refused = reading if isinstance(reading, Refused) else None
    if filled.answers or (filled.open and not refused):
        session.draft = replace(session.draft.with_answers(filled.answers), refused=0)
        beside = [s for s in session.form.slots if s.name in filled.answers and s is not slot]
        if beside:
            asking.noted(session.turn, beside, session.draft)
        session.ask_after(filled)
    elif grown and grown.name in session.draft.answers and len(words(text)) > SHORT_ANSWER:
        before = str(session.draft.answers[grown.name]).rstrip(". ")
        more = manner.added(text)
        session.keep(grown, grown.kind.read(f"{before}. {more}", session.locale), told=True)
    else:
        refused = refused or Refused("")
        if slot and session.turn.event.hops and manner.asks(text):
            session.turn.reply(asking.why(session.turn, slot, refused))  # the bot knows no better
            session.ask(slot=slot)
        else:
            _refuse(session, slot, refused)


def _several(
    session: "Session", found: Correction | Sequence[Slot] | None, text: str, *, bare: bool
) -> list[Correction | Sequence[Slot]]:
    """The parts of a correction that has several; none where it is about words, which may."""
    if isinstance(found, Correction) and isinstance(found.slot.kind, Text):
        return []
    slots, answers = session.form.slots, session.draft.answers
    return corrections(slots, text, answers, session.locale, bare=bare)


def _correct_all(session: "Session", several: Sequence[Correction | Sequence[Slot]]) -> None:
    """Keep what is clear, up to what does not do; then ask about what may be either."""
    open_ = [slots for slots in several if not isinstance(slots, Correction)]
    clear = [one for one in several if isinstance(one, Correction)]
    for one in clear if open_ else clear[:-1]:
        reading = one.reading and one.slot.checked(one.reading, session.others(one.slot))
        if not isinstance(reading, Answer):
            _correct(session, one)
            return
        session.draft = session.draft.with_answers({one.slot.name: reading.value})
    _correct(session, open_[0] if open_ else clear[-1])


def _correct(session: "Session", found: Correction | Sequence[Slot]) -> None:
    if not isinstance(found, Correction):
        session.ask_what_to_change(found)
    elif found.reading is None:
        session.draft = replace(session.draft.without(found.slot.name), refused=0)
        session.ask(slot=found.slot)
    else:
        session.keep(found.slot, found.reading)


def _refuse(session: "Session", slot: Slot | None, refused: Refused) -> None:
    """Say so in other words each time; after `MAX_REFUSALS` let go, and keep the draft.

    Who is understood, or only undecided, is not sent away.
    """
    turn = session.turn
    times = session.draft.refused + 1
    session.draft = replace(session.draft, refused=times)
    is_lost = not refused.reason and not manner.is_unsure(turn.text)
    if times > MAX_REFUSALS and is_lost and turn.bot.default_skill != turn.skill.name:
        _lay_aside(session)
    elif slot is None:
        name = session.form.slots[-1].called(turn.language)
        last = asking.mid_sentence(name, turn.language)
        id = "form.yes-or-no" if times % 2 else "form.yes-or-no-again"
        turn.reply(phrase(turn.language, id, slot=last))
        session.ask()
    elif turn.activity.attachments and not words(turn.text):
        turn.reply(phrase(turn.language, "form.in-words"))
        session.ask()
    else:
        asking.refusal(turn, slot, refused, times)
        session.ask(slot=slot, asked=times > 1)


def _lay_aside(session: "Session") -> None:
    turn = session.turn
    session.draft = replace(session.draft, refused=0)
    session.save()
    session.release()
    go_on = Button(phrase(turn.language, "form.go-on-button"), f"/{turn.skill.name}")
    turn.reply(phrase(turn.language, "form.laid-aside"), buttons=[go_on])
    if turn.event.hops == 0:
        turn.hand_off(turn.bot.default_skill)


def _let_the_bot_answer(session: "Session") -> None:
    """Hand a question on; the form goes on when it is answered."""
    turn = session.turn
    session.save()
    if turn.bot.default_skill != turn.skill.name:
        turn.hand_off(turn.bot.default_skill, come_back={"person": person_of(turn)})
    else:
        turn.reply(phrase(turn.language, "form.no-question"))
        session.ask()


def _put_first(session: "Session", slot: Slot | None, text: str) -> None:
    """Let the bot say first what cannot wait; words that tell of it are an answer as well."""
    if slot and isinstance(slot.kind, Text):
        reading = slot.checked(slot.kind.read(text, session.locale), session.others(slot))
        if isinstance(reading, Answer):
            session.draft = session.draft.with_answers({slot.name: reading.value})
    _let_the_bot_answer(session)


def _file(session: "Session", slot: Slot | None) -> tuple[Slot, Reading] | None:
    """The slot that an attachment is for, and its reading."""
    missing = [s for s in session.form.slots if s.name not in session.draft.answers]
    for each in [slot, *missing] if slot else missing:
        if isinstance(each.kind, File) and (
            taken := each.kind.take(session.turn.activity.attachments)
        ):
            return each, taken
    return None


def _is_question(slot: Slot | None, text: str, locale: Locale) -> bool:
    """Whether the text asks something. A value with a question mark is still an answer."""
    if not manner.asks(text):
        return False
    if slot is None:
        return True
    if isinstance(slot.kind, Text):
        return not slot.kind.questions
    short = len(words(text)) <= manner.SHORTEST_QUESTION
    return not (short and isinstance(slot.kind.read(text, locale), Answer))


def _grows(slot: Slot | None) -> bool:
    return slot is not None and isinstance(slot.kind, Text) and slot.kind.grows
