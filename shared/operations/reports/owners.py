"""Bots whose owner has left, as it was seen last."""

from shared.fabric import Fabric
from shared.ports.store import every
from shared.records.departed import DEPARTED, PREFIX, Departed


async def departed_owners(fabric: Fabric) -> list[Departed]:
    return [Departed.of(item) async for item in every(fabric.store, PREFIX, DEPARTED)]
