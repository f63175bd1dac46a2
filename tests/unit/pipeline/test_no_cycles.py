"""What a turn is made of goes when it ends, without the collector: a pause that others wait for."""

import gc
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.skill import Skill
from shared.turn import Turn
from tests.lab import Lab

turns: list[weakref.ref[Turn]] = []
skill = Skill("plain", "Repeats what it hears")


@skill.on_message
async def repeat(turn: Turn) -> None:
    turns.append(weakref.ref(turn))
    turn.reply(turn.text)


@pytest.fixture
def _no_collector() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("_no_collector")
async def test_a_turn_is_freed_when_it_ends(tmp_path: Path) -> None:
    lab = Lab(tmp_path, skill)

    await lab.say("hello")
    await lab.drain()

    assert lab.heard() == ["hello"]
    assert [turn() for turn in turns] == [None]
    await lab.close()
