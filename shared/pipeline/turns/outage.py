"""How long a delivery that failed is kept before it is given back.

A broker delivers again at once what is given back, and counts; the store being away for a while
must not use up the deliveries of what was being worked.
"""

import asyncio
from contextlib import suppress

from shared.ports.store import Store

LONGEST_PAUSE = 30.0
"""Seconds that a failed delivery waits while the store answers."""

LONGEST_OUTAGE = 240.0
"""Seconds that it waits for a store that does not; ten deliveries last for forty minutes."""

ASK_AGAIN = 1.0
"""Seconds between two questions whether the store answers again."""


def pause(count: int, longest: float) -> float:
    """Seconds before delivery number `count` is given back; they double with each."""
    return min(0.05 * 2.0**count, longest)


async def sit_out(store: Store, count: int) -> None:
    """Wait before delivery number `count` is given back: until the store answers, else a pause."""
    seconds = pause(count, LONGEST_PAUSE)
    with suppress(TimeoutError):
        async with asyncio.timeout(LONGEST_OUTAGE):
            while await store.check():
                seconds = 0.0
                await asyncio.sleep(ASK_AGAIN)
    await asyncio.sleep(seconds)
