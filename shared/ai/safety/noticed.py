"""What a model is given to read is looked at for the signs of an injection, and told of.

Nothing is decided by it: a passage stays a quotation, and a result of a tool a result.
"""

from collections.abc import Callable
from functools import lru_cache

from shared.ai.safety.injection import Suspicion, suspicion

Notice = Callable[[str, str, Suspicion], None]
"""Told of the kind of text (`article`, `tool`), its name, and the signs that it bears."""


def unheard(kind: str, name: str, found: Suspicion) -> None:
    """Tell nobody."""


def notice(tell: Notice, kind: str, name: str, text: str) -> None:
    """Tell of a text that wants to steer the bot."""
    if (found := _of(text)).is_grave:
        tell(kind, name, found)


@lru_cache(maxsize=1_024)
def _of(text: str) -> Suspicion:
    """The same passages are given again and again."""
    return suspicion(text)
