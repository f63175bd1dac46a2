"""Echo answers with exactly what it heard."""

import pytest

from functions.skills import echo
from tests.unit.talk import Talk


@pytest.mark.parametrize("text", ["hello", "", "  two  spaces ", "👋 *bold*", "/echo x"])
async def test_it_repeats_exactly(text: str) -> None:
    assert await Talk(echo.skill).say(text) == [f"echo: {text}"]


def test_no_menu_offers_it() -> None:
    assert not echo.skill.capabilities
