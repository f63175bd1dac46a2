"""A form as one Adaptive Card, where the channel shows cards with inputs."""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.dialogue.forms.draft import Draft
from shared.dialogue.forms.kinds import Choice, File
from shared.dialogue.forms.reading import Answer, Locale, Reading
from shared.dialogue.forms.slot import Slot
from shared.dialogue.forms.wording import worded
from shared.dialogue.phrases import phrase

CARD_CHANNELS = frozenset({"teams", "web"})
"""Channels whose clients show `Input.*`; the others get buttons, lists and words."""

SUBMIT, CANCEL = "submit", "cancel"
RESERVED = frozenset({"skill", "form", "action"})
"""What a card sends beside the values; no slot is called so."""


def card(skill: str, slots: Sequence[Slot], draft: Draft, language: str) -> dict[str, Any]:
    """All slots as inputs with what is known in them, and the buttons to send and to cancel.

    What it sends names the skill and the draft: a card of an earlier form is recognised.
    """
    data = {"skill": skill, "form": draft.id}
    send = {
        "type": "Action.Submit",
        "title": phrase(language, "form.send-button"),
        "style": "positive",
        "data": {**data, "action": SUBMIT},
    }
    cancel = {
        "type": "Action.Submit",
        "title": phrase(language, "form.cancel-button").capitalize(),
        "associatedInputs": "none",
        "data": {**data, "action": CANCEL},
    }
    return {
        "type": "AdaptiveCard",
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "version": "1.5",
        "body": [_element(slot, draft, language) for slot in slots],
        "actions": [send, cancel],
    }


def submitted(value: Any) -> tuple[str, str] | None:
    """The id of the draft and the action of a card of ours; None for anything else."""
    if not isinstance(value, dict):
        return None
    form, action = value.get("form"), value.get("action")
    return (form, action) if isinstance(form, str) and action in (SUBMIT, CANCEL) else None


def take(
    slots: Sequence[Slot], value: Mapping[str, Any], draft: Draft, locale: Locale
) -> tuple[Draft, list[tuple[Slot, Reading]]]:
    """The draft with what a card submitted, and what of it cannot be kept.

    What is empty there and was said in words stays as it was said.
    """
    wrong = list[tuple[Slot, Reading]]()
    for slot in (slot for slot in slots if not isinstance(slot.kind, File)):
        given = str(value.get(slot.name) or "").strip()
        if not given and slot.optional:
            draft = draft.with_answers({slot.name: None})
        elif given:
            draft = draft.without(slot.name)
            match slot.checked(slot.kind.read(given, locale), draft.answers):
                case Answer(kept):
                    draft = draft.with_answers({slot.name: kept})
                case unkept:
                    wrong.append((slot, unkept))
    return draft, wrong


def _element(slot: Slot, draft: Draft, language: str) -> dict[str, Any]:
    question = worded(slot.question, language)
    element = slot.kind.element(language)
    if not element:
        sent = slot.kind.shown(draft.answers.get(slot.name), language)
        text = sent or f"{question} {phrase(language, 'form.by-chat')}"
        return {"type": "TextBlock", "text": text, "wrap": True}
    element = {**element, "id": slot.name, "label": question}
    if isinstance(slot.kind, Choice):
        element["placeholder"] = phrase(language, "form.choose")
    if not slot.optional:
        hint = worded(slot.hint, language)
        kind = slot.kind.names(language)
        element |= {
            "isRequired": True,
            "errorMessage": hint or phrase(language, slot.kind.hint, **kind),
        }
    if (known := draft.answers.get(slot.name)) is not None:
        element["value"] = known
    return element
