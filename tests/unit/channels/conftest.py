"""Web channels on stores of their own."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.directline import OpenWeb, Web


@pytest.fixture
async def open_web(tmp_path: Path) -> AsyncIterator[OpenWeb]:
    """Make a `Web` in the test's folder, or in one below it; its store is closed at the end."""
    made: list[Web] = []

    def make(*bots: Any, below: str = "", **options: Any) -> Web:
        made.append(Web(tmp_path / below, *bots, **options))
        return made[-1]

    yield make
    for web in made:
        await web.store.close()
