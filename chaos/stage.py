"""What every simulation stands on: virtual time, one fabric, an ear on the log, the books."""

import asyncio
import logging
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from copy import copy
from functools import cache
from pathlib import Path
from random import Random

from chaos.clock import Clock, VirtualLoop, virtual_time
from chaos.faults import Fault
from chaos.process import CURRENT
from chaos.scenario import BOT, skills
from chaos.world import World
from shared.fabric import Fabric
from shared.operations.reports.books import books
from shared.settings import Settings

UNORDERED = "accept.unordered"
"""The product's log event for a message that it takes without knowing what goes before it."""

_MANIFEST = """
id = "{bot}"
name = "Drill"
owner = "drill@contoso.example"
department = "Drill"
skills = ["front", "clerk", "teller"]
default_skill = "front"
[channels.web]
origins = ["http://localhost:7071"]
"""


@contextmanager
def overheard() -> Iterator[set[str]]:
    """The conversations whose order the product says, in its log, that it could not keep."""
    places: set[str] = set()

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.getMessage() == UNORDERED:
                places.add(record.__dict__["fields"]["conversation"])

    ear, logger = Ear(), logging.getLogger("fabric")
    before, logger.propagate = logger.propagate, False
    logger.addHandler(ear)
    try:
        yield places
    finally:
        logger.removeHandler(ear)
        logger.propagate = before


@contextmanager
def simulated(clock: Clock, rng: Random) -> Iterator[VirtualLoop]:
    """An event loop in virtual time; of the product's log only errors are made inside."""
    logger, loop = logging.getLogger("fabric"), VirtualLoop(clock)
    loop.set_exception_handler(lambda loop, context: None)
    level = logger.level
    logger.setLevel(logging.ERROR)
    base_fabric()
    try:
        with virtual_time(clock, rng):
            yield loop
            loop.run_until_complete(_end(asyncio.all_tasks(loop)))
    finally:
        loop.close()
        logger.setLevel(level)


async def _end(tasks: Collection["asyncio.Task[object]"]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@cache
def base_fabric() -> Fabric:
    """The fabric that every simulated process has a copy of; its ports are replaced there."""

    async def think() -> None:
        await CURRENT.get().visit("before model", Fault.DOWN, Fault.THROTTLE, port="model")

    with tempfile.TemporaryDirectory() as folder:
        Path(folder, f"{BOT}.toml").write_text(_MANIFEST.format(bot=BOT))
        environ = {"FABRIC_ENVIRONMENT": "local", "FABRIC_BOTS_DIR": folder}
        settings = Settings.from_environ(environ)
        fabric = Fabric(settings, {skill.name: skill for skill in skills(think)})
    bot = fabric.bots[BOT]
    fabric.ai.knowledge.for_bot(bot)
    fabric.ai.assistant(bot)
    return fabric


def unharmed(world: World) -> Fabric:
    """The fabric of somebody to whom nothing happens."""
    fabric = copy(world.fabric)
    fabric.store = world.store
    fabric.bus = world.bus  # type: ignore[assignment]
    return fabric


async def audit(world: World) -> dict[str, int]:
    """The product's own books, read without a fault."""
    return await books(unharmed(world))
