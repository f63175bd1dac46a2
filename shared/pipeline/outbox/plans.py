"""What is to be done with an effect of the outbox now: decided from values and a time alone."""

from dataclasses import dataclass
from enum import Enum, auto

from shared.records.effect import AnyEffect, Send

PATIENCE_SECONDS = 1.2
"""A message is waited for in place so long; with more to wait, it takes the queue."""

MISSED_SECONDS = 0.5
"""So far behind its slot a message needs another."""

LOOK_AGAIN_SECONDS = 1.0
"""After which to look whether somebody else has done what is in the way."""


class Step(Enum):
    """What a drain does with an effect."""

    DO = auto()
    WAIT = auto()
    FORGET = auto()


@dataclass(frozen=True, slots=True)
class Pause:
    """Time before a message goes: `seconds` in place, or a wake-up at `wake_at`, in Unix time."""

    seconds: float = 0.0
    wake_at: float | None = None


def plan_step(effect: AnyEffect, now: float, *, blocked: bool) -> Step:
    """Decide on one effect of a conversation; `blocked` when a message before it has to wait.

    Only messages wait for one another, also for one that is not due. A sign that is still here
    is too late.
    """
    is_due = (effect.due or 0.0) <= now
    if not isinstance(effect, Send):
        return Step.DO if is_due else Step.WAIT
    if effect.is_indicator:
        return Step.FORGET if is_due else Step.WAIT
    return Step.WAIT if blocked else Step.DO


def plan_pause(effect: Send, now: float, *, reopened: bool = False) -> Pause:
    """Decide how to wait for a message of the outbox; for nothing, once it is `reopened`."""
    due = 0.0 if reopened else max(effect.due or 0.0, effect.not_before)
    if due - now > PATIENCE_SECONDS:
        return Pause(wake_at=_next_look(effect, due, now))
    return Pause(max(0.0, due - now))


def plan_slot(effect: Send, now: float) -> Pause:
    """Decide how to wait for the slot of a message that is this process's own."""
    if effect.not_before - now > PATIENCE_SECONDS:
        return Pause(wake_at=effect.not_before)
    return Pause(max(0.0, effect.not_before - now))


def missed_its_slot(effect: Send, now: float) -> bool:
    """Tell whether it needs another, so that the pace holds with what is said next."""
    return now - effect.not_before > MISSED_SECONDS


def _next_look(effect: Send, due: float, now: float) -> float:
    """Return when to see to one that waits until `due`; its owner may be done long before."""
    paced = effect.not_before
    leased = not effect.failures and (effect.due or 0.0) > max(paced, now)
    return max(paced, now + LOOK_AGAIN_SECONDS) if leased else due
