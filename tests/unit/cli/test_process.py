"""The process of the local host."""

import asyncio
import gc
import sys
from collections.abc import Iterator

import pytest

from cli import process


async def kind() -> str:
    return type(asyncio.get_running_loop()).__module__


@pytest.fixture
def _collector() -> Iterator[None]:
    yield
    gc.unfreeze()


def test_it_runs_on_the_faster_loop_where_that_is_installed() -> None:
    assert process.run(kind()).split(".")[0] == "uvloop"


def test_elsewhere_on_python_s_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvloop", None)

    assert process.run(kind()).split(".")[0] == "asyncio"


@pytest.mark.usefixtures("_collector")
def test_what_the_start_has_made_is_collected_no_more() -> None:
    process.started()

    assert gc.get_freeze_count() > 0
