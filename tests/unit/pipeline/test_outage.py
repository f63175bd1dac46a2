"""While the store is away, what failed waits for it and uses up no deliveries."""

from time import monotonic
from typing import Any

import pytest

from shared.pipeline.turns import outage
from shared.pipeline.turns.outage import sit_out


class Away:
    """A store that does not answer the next `times`."""

    def __init__(self, times: int) -> None:
        self.times = times

    async def check(self) -> str:
        self.times -= 1
        return "down" if self.times >= 0 else ""


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outage, "ASK_AGAIN", 0.01)
    monkeypatch.setattr(outage, "LONGEST_OUTAGE", 1.0)


async def seconds(store: Any, count: int = 1) -> float:
    started = monotonic()
    await sit_out(store, count)
    return monotonic() - started


async def test_it_waits_until_the_store_answers() -> None:
    store = Away(10)
    assert await seconds(store) < 1.0
    assert store.times == -1


async def test_it_does_not_wait_for_ever() -> None:
    store = Away(1_000_000)
    assert await seconds(store) >= 1.0
    assert store.times > 0


async def test_while_the_store_answers_the_pause_doubles() -> None:
    first, fourth = await seconds(Away(0), 1), await seconds(Away(0), 4)
    assert 0.1 <= first < 0.5
    assert 0.8 <= fourth < 2.0
