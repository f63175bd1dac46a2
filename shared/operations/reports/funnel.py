"""Where people leave a form: for each slot how often it was asked for, and how often answered."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.records.figures import parts

FORM = "form"
CONFIRMATION = {"?": "confirmation", "?change": "what to change"}
"""What a form asks for beside its slots."""


@dataclass(frozen=True, slots=True)
class Step:
    """`left`: asked for and not answered, `cancelled` of them in words or by the button."""

    slot: str
    asked: int
    answered: int
    left: int
    cancelled: int


@dataclass(frozen=True, slots=True)
class Funnel:
    """One form. Who neither completed nor cancelled it has left it, or is still at it."""

    form: str
    begun: int
    completed: int
    cancelled: int
    steps: list[Step]


def funnels(noted: Mapping[str, int]) -> list[Funnel]:
    """Read the forms' counts, the most begun form first, its steps from the most asked on."""
    counts: dict[str, dict[str, dict[str, int]]] = {}
    for name, number in noted.items():
        kind, *rest = parts(name)
        if kind == FORM and len(rest) == 3:
            form, slot, what = rest
            counts.setdefault(form, {}).setdefault(slot, {})[what] = number
    found = [_funnel(form, slots) for form, slots in counts.items()]
    return sorted(found, key=lambda one: (-one.begun, one.form))


def _funnel(form: str, slots: Mapping[str, Mapping[str, int]]) -> Funnel:
    whole = slots.get("", {})
    steps = [_step(slot, counts) for slot, counts in slots.items() if slot]
    return Funnel(
        form=form,
        begun=whole.get("begun", 0),
        completed=whole.get("completed", 0),
        cancelled=sum(counts.get("cancelled", 0) for counts in slots.values()),
        steps=sorted(steps, key=lambda step: -step.asked),
    )


def _step(slot: str, counts: Mapping[str, int]) -> Step:
    asked, answered = counts.get("asked", 0), counts.get("answered", 0)
    name = CONFIRMATION.get(slot, slot)
    return Step(name, asked, answered, asked - answered, counts.get("cancelled", 0))
