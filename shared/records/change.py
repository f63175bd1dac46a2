"""The dance of reading, changing and writing what others change too, danced in one place."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from shared.errors import Conflict, TransientError
from shared.records.conversation import MAX_CONFLICTS

T = TypeVar("T")


async def undisturbed(attempt: Callable[[], Awaitable[T]], *, after: float | None = None) -> T:
    """Run `attempt`, which reads, changes and writes; anew when somebody else wrote in between.

    Return what it returns. Raises TransientError, to be tried `after` so many seconds, when
    others never stop. A Conflict that means something else is for `attempt` itself to catch.
    """
    for _ in range(MAX_CONFLICTS):
        try:
            return await attempt()
        except Conflict:
            continue
    raise TransientError("others keep changing it", after=after)
