"""How a form speaks: its questions, its refusals, and the whole to be confirmed."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from shared.dialogue.forms.card import CARD_CHANNELS, card
from shared.dialogue.forms.draft import Draft
from shared.dialogue.forms.kinds import Choice, File
from shared.dialogue.forms.measures import Date
from shared.dialogue.forms.reading import Between, Locale, Refused
from shared.dialogue.forms.slot import Slot
from shared.dialogue.forms.wording import Wording, worded
from shared.dialogue.phrases import phrase
from shared.turn import Button

if TYPE_CHECKING:
    from shared.turn import Turn


def question(
    turn: "Turn", slots: Sequence[Slot], slot: Slot, draft: Draft, *, opening: bool
) -> None:
    """Ask for one slot; while a form opens, on channels with cards, with all of it as a card."""
    language = turn.language
    text = worded(slot.question, language)
    buttons = list(slot.kind.offers(Locale.of(turn))) if isinstance(slot.kind, Choice) else []
    if slot.optional:
        buttons.append(Button(phrase(language, "form.skip-button")))
    missing = [slot for slot in slots if slot.name not in draft.answers]
    shown = opening and len(missing) > 1 and turn.reference.channel in CARD_CHANNELS
    turn.reply(
        text, buttons=buttons, card=card(turn.skill.name, slots, draft, language) if shown else None
    )


def confirmation(turn: "Turn", slots: Sequence[Slot], draft: Draft, confirm: Wording) -> None:
    """Show every answer and ask whether it is right."""
    lines = [f"- **{slot.called(turn.language)}:** {_shown(turn, slot, draft)}" for slot in slots]
    buttons = [phrase(turn.language, f"form.{name}-button") for name in ("yes", "no", "cancel")]
    turn.reply("\n".join([worded(confirm, turn.language), "", *lines]), buttons=buttons)


def noted(turn: "Turn", slots: Sequence[Slot], draft: Draft) -> None:
    """Say what was understood beside what had been asked."""
    said = [f"**{slot.called(turn.language)}:** {_shown(turn, slot, draft)}" for slot in slots]
    turn.reply(phrase(turn.language, "form.noted", what=", ".join(said)))


def refusal(turn: "Turn", slot: Slot, refused: Refused, times: int) -> None:
    """Say why an answer does not do; the second time with choices as buttons, and ways out."""
    if times > 1:
        language = turn.language
        offers = list(slot.kind.offers(Locale.of(turn)))[:7]
        outs = [Button(phrase(language, "form.cancel-button"))]
        if "handoff" in turn.bot.skills:
            outs.append(Button(phrase(language, "handoff.action"), "/handoff"))
        sentence = "form.pick" if offers else "form.ways-out"
        shown = turn.text.strip()[:60]
        turn.reply(
            f"{phrase(language, sentence, said=shown)} {why(turn, slot, refused)}",
            buttons=[*offers, *outs],
        )
    else:
        turn.reply(why(turn, slot, refused))


def why(turn: "Turn", slot: Slot, refused: Refused) -> str:
    """The reason of a refusal, the author's or the kind's."""
    language = turn.language
    if own := refused.names.get("why"):
        return str(own)
    if refused.reason:
        return phrase(language, refused.reason, **refused.names)
    if hint := worded(slot.hint, language):
        return hint
    return phrase(language, slot.kind.hint, **slot.kind.names(language))


def which(turn: "Turn", slot: Slot, between: Between) -> None:
    """Ask which of the values is meant; a button says the one that cannot be misread."""
    language = turn.language
    buttons = [
        slot.kind.button(value, language)
        if isinstance(slot.kind, Date)
        else Button(slot.kind.shown(value, language), str(value))
        for value in between.values
    ]
    turn.reply(phrase(language, "form.which", slot=slot.called(language)), buttons=buttons)


def change_what(turn: "Turn", slots: Sequence[Slot]) -> None:
    """Ask what to change, each slot a button."""
    language = turn.language
    names = [slot.called(language) for slot in slots if not isinstance(slot.kind, File)]
    buttons = [
        Button(phrase(language, "form.change", slot=mid_sentence(name, language))) for name in names
    ]
    buttons.append(Button(phrase(language, "form.cancel-button")))
    turn.reply(phrase(language, "form.change-what"), buttons=buttons)


def mid_sentence(name: str, language: str) -> str:
    """The name of a slot as it stands within a sentence; German nouns keep their capital."""
    return name if language == "de" else name[:1].lower() + name[1:]


def still_open(turn: "Turn", id: str) -> None:
    """Answer thanks or anger, and say that the form is there still."""
    language = turn.language
    buttons = [
        Button(phrase(language, "form.go-on-button")),
        Button(phrase(language, "form.cancel-button")),
    ]
    if id == "form.angry" and "handoff" in turn.bot.skills:
        buttons.append(Button(phrase(language, "handoff.action"), "/handoff"))
    turn.reply(phrase(language, id), buttons=buttons)


def _shown(turn: "Turn", slot: Slot, draft: Draft) -> str:
    value = draft.answers.get(slot.name)
    if value is None:
        return "–"
    return slot.kind.shown(value, turn.language)
