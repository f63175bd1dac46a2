"""A place that falls free goes to who waits for it, once, and to nobody who has given up."""

import asyncio

import pytest

from shared.errors import Busy
from shared.governance.limits import bulkhead
from shared.governance.limits.bulkhead import Places

PER_SECOND = 10.0


async def waiting(places: Places) -> asyncio.Task[None]:
    """Return a task that has begun to wait for a place."""
    task = asyncio.create_task(places.take(PER_SECOND))
    await asyncio.sleep(0)
    return task


async def full(places: Places) -> bool:
    """Tell whether all are taken: then the next has to wait, and whoever comes beside it goes."""
    one = await waiting(places)
    if one.done():
        places.free()
        return False
    with pytest.raises(Busy):
        await places.take(PER_SECOND)
    one.cancel()
    await asyncio.wait([one])
    return True


async def test_one_at_a_time_waits_and_has_the_place_that_falls_free() -> None:
    places = Places("bot lab", 1)
    await places.take(PER_SECOND)
    task = await waiting(places)

    places.free()
    await task

    assert await full(places)
    places.free()
    assert not await full(places)


async def test_who_is_cancelled_while_waiting_takes_nothing() -> None:
    places = Places("bot lab", 1)
    await places.take(PER_SECOND)
    task = await waiting(places)

    task.cancel()
    await asyncio.wait([task])
    places.free()

    assert task.cancelled()
    assert not await full(places)


async def test_a_place_that_is_given_to_who_is_cancelled_meanwhile_is_free_again() -> None:
    places = Places("bot lab", 1)
    await places.take(PER_SECOND)
    task = await waiting(places)

    places.free()
    task.cancel()
    await asyncio.wait([task])

    assert task.cancelled()
    assert not await full(places)


async def test_who_has_waited_long_enough_comes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulkhead, "PATIENCE", 0.01)
    places = Places("bot lab", 1)
    await places.take(PER_SECOND)

    with pytest.raises(Busy, match="bot lab"):
        await places.take(PER_SECOND)

    places.free()
    assert not await full(places)
