"""The benchmark of a cold start packs an app that Microsoft's worker indexes."""

import pytest

from bench import packed_start, worker


def test_both_sides_start_and_are_counted() -> None:
    if missing := worker.install():
        pytest.fail(missing)

    figures = packed_start.packed_start(rounds=1)

    assert figures.functions == 3
    assert figures.empty_ms > 0
    assert figures.packed_ms > 0
