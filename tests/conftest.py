"""Fixtures for every suite."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from shared.skill import Skill
from tests import services
from tests.lab import Lab


def pytest_report_header() -> str:
    return services.summary()


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[Callable[..., Lab]]:
    """Make a `Lab` of skills; it is closed at the end."""
    made: list[Lab] = []

    def make(*skills: Skill, **options: str) -> Lab:
        made.append(Lab(tmp_path, *skills, **options))
        return made[-1]

    yield make
    for fabric in made:
        await fabric.close()
