"""Turns by group, and what became better or worse since the last release."""

from pathlib import Path

import pytest

from evaluation.case import Case, Line
from evaluation.judge import Verdict
from evaluation.reply import Reply
from evaluation.run import Run
from evaluation.score import Release, Score, Tally, keep_release, load_release
from evaluation.stage import Held
from shared.errors import ConfigurationError

RIGHT, WRONG, UNJUDGED = (), ("cites nothing",), None


def held(group: str, *failures: tuple[str, ...] | None) -> Held:
    line = Line("hello")
    case = Case(f"{group}-{len(failures)}", "desk", "en", group, [line])
    return Held(case, [Verdict(line, Reply(), one) for one in failures])


def test_turns_are_counted_by_group() -> None:
    score = Score.of(
        "desk", [held("b", RIGHT, WRONG), held("a", RIGHT, UNJUDGED), held("b", RIGHT)]
    )

    assert score.groups == {"a": Tally(1, 1, 1, 1), "b": Tally(2, 1, 3, 2)}
    assert score.total == Tally(3, 2, 4, 3)
    assert score.total.share == 0.75


@pytest.mark.parametrize(("floor", "passed"), [(None, True), (0.75, True), (0.76, False)])
def test_a_run_passes_at_its_floor_and_fails_below(floor: float | None, passed: bool) -> None:
    score = Score("desk", {"a": Tally(4, 3, 4, 3)})
    assert Run(score, floor, None, []).passed is passed


def test_no_case_at_all_is_below_any_floor() -> None:
    assert not Run(Score("desk"), 0.5, None, []).passed


def test_the_change_since_a_release_is_told_by_group(tmp_path: Path) -> None:
    path = tmp_path / "desk.released.json"
    keep_release(path, "1.2.0", Score("desk", {"a": Tally(4, 2, 4, 2)}))
    release = load_release(path)
    now = Score("desk", {"a": Tally(4, 3, 4, 3), "new": Tally(1, 1, 1, 1)})

    assert isinstance(release, Release)
    assert release.version == "1.2.0"
    assert release.change(now, "a") == 0.25
    assert release.change(now, "new") is None
    assert release.change(now) == pytest.approx(0.3)


def test_a_release_file_that_is_broken_says_how_to_mend_it(tmp_path: Path) -> None:
    path = tmp_path / "desk.released.json"
    assert load_release(path) is None
    path.write_text('{"groups": []}')
    with pytest.raises(ConfigurationError, match="remove it, or write it anew"):
        load_release(path)
