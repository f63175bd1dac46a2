"""Desks with an encoder, which is loaded once, and without."""

from collections.abc import Callable
from pathlib import Path

import pytest

from shared.ai.encoder import Encoder
from shared.ai.meaning import MeaningRanker
from shared.dialogue.routing import choices
from tests.lab import Lab
from tests.unit.dialogue.desk import SKILLS, Desk, repairs, write_articles


@pytest.fixture(scope="session")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    return Encoder(tmp_path_factory.mktemp("encoder"))


@pytest.fixture
async def desk(tmp_path: Path, lab: Callable[..., Lab], encoder: Encoder) -> Desk:
    """A desk that knows what everything means."""
    write_articles(tmp_path)
    desk = Desk(lab(*SKILLS), encoder)
    await encoder.matrix_ready(MeaningRanker.texts(choices([repairs])))
    await desk.fabric.ai.knowledge.for_bot(desk.fabric.bots["lab"]).prepare()
    return desk


@pytest.fixture
def plain_desk(tmp_path: Path, lab: Callable[..., Lab]) -> Desk:
    """A desk that goes by words."""
    write_articles(tmp_path)
    return Desk(lab(*SKILLS), None)
