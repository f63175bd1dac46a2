"""How often each version fails is one sum, however many processes count."""

from pathlib import Path

import pytest

from shared.governance.limits.rollouts import Rollout
from shared.governance.limits.trials import Tally, Trials, too_many
from shared.storage.sqlite import SqliteStore

ROLLOUT = Rollout("knowledge", "v2", 0.5, "salt", stop_above=0.1)


async def test_the_sum_is_over_all_processes_and_by_version(tmp_path: Path) -> None:
    store, now = SqliteStore(str(tmp_path / "store.db")), [0.0]
    here, there = (Trials(store, lambda: now[0]) for _ in range(2))

    for trials in (here, there):
        for _ in range(3):
            now[0] += 1.0
            await trials.done(ROLLOUT, "v2")
    await here.done(ROLLOUT, "v1")
    tally = await there.failed(ROLLOUT, "v2")

    assert tally == Tally(done=6, failed=1)
    assert await here.read(ROLLOUT) == {"v1": Tally(1, 0), "v2": tally}
    await store.close()


async def test_turns_of_one_second_are_one_write(tmp_path: Path) -> None:
    store = SqliteStore(str(tmp_path / "store.db"))
    trials = Trials(store, lambda: 5.0)

    for _ in range(20):
        await trials.done(ROLLOUT, "v2")
    assert (await trials.read(ROLLOUT))["v2"].done == 1

    assert await trials.failed(ROLLOUT, "v2") == Tally(20, 1)
    await store.close()


@pytest.mark.parametrize(
    ("tally", "version", "share", "bound", "stops"),
    [
        (Tally(44, 5), "v2", 0.5, 0.1, True),
        (Tally(45, 5), "v2", 0.5, 0.1, False),
        (Tally(0, 4), "v2", 0.5, 0.1, False),
        (Tally(0, 9), "v1", 0.5, 0.1, False),
        (Tally(0, 9), "v2", 0.0, 0.1, False),
        (Tally(0, 9), "v2", 0.5, 0.0, False),
    ],
    ids=["above", "at the bound", "too few", "another version", "stopped already", "no bound"],
)
def test_only_a_version_that_fails_more_than_declared_is_stopped(
    tally: Tally, version: str, share: float, bound: float, stops: bool
) -> None:
    rollout = Rollout("knowledge", "v2", share, "salt", stop_above=bound)

    assert too_many(rollout, version, tally) is stops
