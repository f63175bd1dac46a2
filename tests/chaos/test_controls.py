"""A harness that does not notice a defect is itself broken."""

import pytest

from chaos.controls import CONTROLS, Defect
from chaos.simulation import detect, seeded

SEEDS = range(40)


@pytest.mark.parametrize("defect", CONTROLS, ids=lambda defect: defect.name)
def test_a_defect_is_noticed(defect: Defect) -> None:
    assert detect(defect, SEEDS) is not None


def test_without_a_defect_the_same_runs_are_clean() -> None:
    assert [outcome.label for outcome in map(seeded, SEEDS) if outcome.violations] == []
