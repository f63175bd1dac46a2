"""Azurite among the stand-ins."""

import asyncio
from typing import Self

from stand_ins.azurite.process import ACCOUNT, SERVICES, Azurite
from stand_ins.ports import free_ports
from stand_ins.server import HOST, Settings


class AzuriteServer:
    """An empty account; its queues are a bus, its container takes what is too large for one."""

    def __init__(self) -> None:
        self._process = Azurite(dict(zip(SERVICES, free_ports(len(SERVICES)), strict=True)))

    @property
    def address(self) -> str:
        return f"{HOST}:{self._process.ports['queue']}"

    @property
    def settings(self) -> Settings:
        return {"AzureWebJobsStorage": self._process.connection}

    @property
    def bus_settings(self) -> Settings:
        """What the app is given so that its queues are here instead of on Service Bus."""
        return {**self.settings, "FABRIC_BUS_URL": f"storagequeue://{ACCOUNT}"}

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self._process.start)
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self._process.close)
