"""A share of the conversations, always the same ones, and never one that cannot read its state."""

from dataclasses import replace
from pathlib import Path

import pytest

from shared.governance.limits.rollouts import (
    Rollout,
    Rollouts,
    share_of,
    wanted_manifest,
    wanted_version,
)
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


async def test_ten_thousand_conversations_follow_a_share_up_and_down(tmp_path: Path) -> None:
    """0, 10, 100 and 0 % again: each within 0.5 points, and at 10 % always the same ones."""
    store = SqliteStore(str(tmp_path / "store.db"))
    rollouts = Rollouts(store)

    async def with_v2(share: float) -> set[str]:
        await rollouts.set(rollout(share))
        now = (await rollouts.current())["knowledge"]
        return {
            key
            for key in CONVERSATIONS
            if wanted_version(now, "desk", key, written_by="", reads={}) == "v2"
        }

    none, tenth, whole, back, again = [await with_v2(s) for s in (0.0, 0.1, 1.0, 0.0, 0.1)]

    for had, wanted in ((none, 0.0), (tenth, 10.0), (whole, 100.0), (back, 0.0)):
        assert abs(len(had) / len(CONVERSATIONS) * 100 - wanted) <= 0.5
    assert tenth == again < whole
    await store.close()


async def test_a_change_is_everywhere_within_two_seconds(tmp_path: Path) -> None:
    here, there = (SqliteStore(str(tmp_path / "store.db")) for _ in range(2))
    now = [100.0]
    elsewhere = Rollouts(there, lambda: now[0])
    assert await elsewhere.current() == {}

    await Rollouts(here).set(rollout(0.5))
    now[0] += 2.0

    assert (await elsewhere.current())["knowledge"].share == 0.5
    await here.close()
    await there.close()


async def test_only_what_was_seen_is_stopped(tmp_path: Path) -> None:
    store = SqliteStore(str(tmp_path / "store.db"))
    rollouts = Rollouts(store)
    await rollouts.set(rollout(0.1))
    await rollouts.set(rollout(0.2))

    assert not await rollouts.stop(rollout(0.1), "guard", "of before")
    assert await rollouts.stop(rollout(0.2), "guard", "too many")
    assert not await rollouts.stop(rollout(0.2), "guard", "too many")

    stopped = (await rollouts.read())["knowledge"]
    assert (stopped.share, stopped.by, stopped.reason) == (0.0, "guard", "too many")
    await store.close()


@pytest.mark.parametrize(
    ("written", "share"), [("10%", 0.1), ("10", 0.1), (0.1, 0.1), (1, 1.0), ("0%", 0.0)]
)
def test_a_share_is_read_as_percent_or_as_a_number(written: object, share: float) -> None:
    assert share_of(written) == share


@pytest.mark.parametrize("written", ["101%", "ten", "", "nan", 10, -0.1, True, None, ["10%"]])
def test_what_is_no_share_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match="is no share"):
        share_of(written)


async def test_another_process_sees_it_and_forgets_nothing(tmp_path: Path) -> None:
    here, there = (SqliteStore(str(tmp_path / "store.db")) for _ in range(2))
    made = Rollout("knowledge", "v2", 0.25, "salt", ("hr",), "ann", "faster", 5.0)

    await Rollouts(here).set(made)

    assert await Rollouts(there).read() == {"knowledge": made}
    await here.close()
    await there.close()


MANIFEST = Rollout("", "v2", 0.1, "salt", bot="desk")
SKILLS = {"v1": ["router", "form"], "v2": ["router"]}


async def test_ten_thousand_conversations_follow_a_manifest_up_and_down(tmp_path: Path) -> None:
    """0, 10, 100 and 0 %, each conversation with what its last turn left: within 0.5 points."""
    store = SqliteStore(str(tmp_path / "store.db"))
    rollouts = Rollouts(store)
    had = dict.fromkeys(CONVERSATIONS, "")

    async def share_of_v2(share: float) -> tuple[float, set[str]]:
        await rollouts.set(replace(MANIFEST, share=share))
        now = (await rollouts.current())["bot:desk"]
        for key in CONVERSATIONS:
            had[key] = wanted_manifest(now, key, had=had[key], floor="", skills=SKILLS)
        found = {key for key, version in had.items() if version == "v2"}
        return len(found) / len(CONVERSATIONS) * 100, found

    measured = [await share_of_v2(share) for share in (0.0, 0.1, 1.0, 0.0, 0.1)]

    for (percent, _), wanted in zip(measured, (0, 10, 100, 0, 10), strict=True):
        assert abs(percent - wanted) <= 0.5
    assert measured[1][1] == measured[4][1]
    await store.close()


@pytest.mark.parametrize(
    ("share", "had", "floor", "wanted"),
    [
        (1.0, "", "", "v2"),
        (1.0, "v1", "router", "v2"),
        (1.0, "v1", "form", "v1"),
        (1.0, "", "form", "v2"),
        (0.0, "v2", "router", "v1"),
        (0.0, "v9", "form", "v1"),
    ],
)
def test_a_manifest_without_the_skill_that_has_the_floor_waits(
    share: float, had: str, floor: str, wanted: str
) -> None:
    made = replace(MANIFEST, share=share)

    assert wanted_manifest(made, "any", had=had, floor=floor, skills=SKILLS) == wanted


def test_a_version_that_is_not_here_is_the_first() -> None:
    made = replace(MANIFEST, share=1.0, version="v7")

    assert wanted_manifest(made, "any", had="v7", floor="form", skills=SKILLS) == "v1"
