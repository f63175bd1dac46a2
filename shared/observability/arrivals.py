"""How the message came that is handled now: told by the trigger, asked by its span."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a host tells of a message: since when it waited, in Unix time, and from which position.

    The position counts where the envelope has none: who sent it is no function of ours.
    """

    since: float = 0.0
    position: str = ""


_UNTOLD = Arrival()
_current: ContextVar[Arrival] = ContextVar("arrival", default=_UNTOLD)


def current() -> Arrival:
    return _current.get()


@contextmanager
def arriving(arrival: Arrival) -> Iterator[None]:
    """Handle a message that came so."""
    token = _current.set(arrival)
    try:
        yield
    finally:
        _current.reset(token)
