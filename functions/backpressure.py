"""What a failed delivery waits for before the broker has it back."""

import asyncio

from functions.host import fabric
from shared.errors import TransientError

MAX_PAUSES = 4
"""Messages of a queue that failed by a bug and pause at once, in a process."""


class Backpressure:
    """The pauses of one queue in this process.

    A pause takes one of the slots that all bots share: when a bug makes more pause than
    `MAX_PAUSES`, the next is not waited for.
    """

    def __init__(self) -> None:
        self._pausing = 0

    async def hold(self, error: Exception, count: int) -> None:
        """Return when a delivery that failed for the `count`-th time may be given back."""
        from shared.pipeline.turns.outage import pause, sit_out

        if isinstance(error, TransientError):
            await sit_out(fabric().store, count)
        elif self._pausing < MAX_PAUSES:
            self._pausing += 1
            try:
                await asyncio.sleep(pause(count, 1.0))
            finally:
                self._pausing -= 1
