"""Fixtures for every suite."""

import gc
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from shared.skill import Skill
from tests import canary, scratch, services
from tests.lab import Lab

if TYPE_CHECKING:
    from xdist.remote import Producer

    from tests.workers import Scheduler


def pytest_configure() -> None:
    scratch.choose()


def pytest_report_header() -> str:
    return services.summary()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: "Producer | None") -> "Scheduler":
    from tests.workers import Scheduler

    return Scheduler(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Keep the garbage collector from looking, all along, at modules and tests, which stay."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        from tests.workers import in_order

        in_order(items)


@pytest.fixture(autouse=True)
def _log_is_free_of_what_was_said(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No line that a test logged holds what a person said in it."""
    canary.forget()
    yield
    assert canary.leaks(caplog.get_records("call")) == []


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
