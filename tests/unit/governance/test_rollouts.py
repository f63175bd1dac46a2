"""A share of the conversations, always the same ones, and never one that cannot read its state."""

from pathlib import Path

import pytest

from shared.governance.limits.rollouts import Rollout, Rollouts, wanted_version
from shared.storage.sqlite import SqliteStore

CONVERSATIONS = [f"helpdesk.teams.{number:05d}" for number in range(10_000)]


def rollout(share: float, *bots: str, salt: str = "salt") -> Rollout:
    return Rollout("knowledge", "v2", share, salt, bots)


def covered(share: float, *, salt: str = "salt") -> set[str]:
    made = rollout(share, salt=salt)
    return {key for key in CONVERSATIONS if made.covers("helpdesk", key)}


@pytest.mark.parametrize("share", [0.0, 0.01, 0.1, 0.25, 0.5, 0.9, 1.0])
def test_the_share_is_the_one_that_was_asked_for(share: float) -> None:
    deviation = (share * (1 - share) / len(CONVERSATIONS)) ** 0.5

    assert abs(len(covered(share)) / len(CONVERSATIONS) - share) <= 3 * deviation


def test_who_is_in_stays_in_while_the_share_grows() -> None:
    tenth, half = covered(0.1), covered(0.5)

    assert tenth < half < covered(1.0)
    assert covered(0.1) == tenth


def test_another_rollout_takes_others() -> None:
    assert len(covered(0.1) & covered(0.1, salt="another")) < 200


def test_only_the_bots_that_were_named_take_part() -> None:
    assert rollout(1.0, "hr").covers("hr", "any")
    assert not rollout(1.0, "hr").covers("helpdesk", "any")


@pytest.mark.parametrize(
    ("share", "written_by", "reads", "wanted"),
    [
        (1.0, "", {}, "v2"),
        (0.0, "", {}, "v1"),
        (1.0, "v1", {"v2": ["v1"]}, "v2"),
        (1.0, "v1", {}, "v1"),
        (1.0, "v2", {}, "v2"),
        (0.0, "v2", {}, "v2"),
        (0.0, "v2", {"v1": ["v2"]}, "v1"),
        (0.0, "v3", {"v1": ["v2"]}, "v3"),
    ],
)
def test_a_version_that_cannot_read_the_state_does_not_get_the_conversation(
    share: float, written_by: str, reads: dict[str, list[str]], wanted: str
) -> None:
    found = wanted_version(rollout(share), "desk", "any", written_by=written_by, reads=reads)

    assert found == wanted


def test_without_a_rollout_there_is_the_first_version() -> None:
    assert wanted_version(None, "desk", "any", written_by="", reads={}) == "v1"


async def test_another_process_sees_it_and_forgets_nothing(tmp_path: Path) -> None:
    here, there = (SqliteStore(str(tmp_path / "store.db")) for _ in range(2))
    made = Rollout("knowledge", "v2", 0.25, "salt", ("hr",), "ann", "faster", 5.0)

    await Rollouts(here).set(made)

    assert await Rollouts(there).read() == {"knowledge": made}
    await here.close()
    await there.close()
