"""Whether a backend fails often is told also where every third call works."""

import pytest

from shared.integrations.recent import REMEMBERED_SECONDS, Recent


@pytest.mark.parametrize(
    ("outcomes", "told"),
    [
        ("", ""),
        ("xx", ""),
        ("xxx", "3 of the newest 3 calls failed"),
        ("x.x.x.", "3 of the newest 6 calls failed"),
        ("xxx" + "." * 17, ""),
    ],
)
def test_calls_that_fail_often_are_told(outcomes: str, told: str) -> None:
    recent = Recent(lambda: 0.0)
    for outcome in outcomes:
        recent.add(failed=outcome == "x")

    assert recent.problem() == told


def test_what_is_long_ago_is_forgotten() -> None:
    now = [0.0]
    recent = Recent(lambda: now[0])
    for _ in range(3):
        recent.add(failed=True)

    now[0] = REMEMBERED_SECONDS + 1

    assert recent.problem() == ""
