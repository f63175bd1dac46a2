"""The broker on a port, with a switch for outages."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Self

from stand_ins.server import HOST, Settings
from stand_ins.servicebus.broker import Broker
from stand_ins.servicebus.connection import Connection
from stand_ins.servicebus.faults import CONNECTIONS_DROPPED
from stand_ins.servicebus.settings import EntitySettings
from stand_ins.surroundings import Queue

LOCK_SECONDS, MAX_DELIVERIES, DUPLICATE_SECONDS = 30.0, 10, 600.0
"""Of the queues of an app, as docs/azure.md has them made."""


class ServiceBusServer:
    """Listens, counts connections, and can drop them or stop listening for a while."""

    def __init__(self, broker: Broker, port: int = 0, *, drop_every_seconds: float = 0.0) -> None:
        self.broker = broker
        self.port = port
        self._drop_every_seconds = drop_every_seconds
        self._dropping: asyncio.Task[None] | None = None
        self._listener: asyncio.Server | None = None
        self._connections: dict[asyncio.Task[Any], asyncio.StreamWriter] = {}

    @classmethod
    def of_app(cls, queues: Sequence[Queue]) -> Self:
        """Make the queues that an app is triggered by, on a free port."""
        broker = Broker()
        for queue in queues:
            settings = EntitySettings(
                requires_session=queue.sessions,
                lock_duration_seconds=LOCK_SECONDS,
                max_delivery_count=MAX_DELIVERIES,
                duplicate_detection_seconds=DUPLICATE_SECONDS,
            )
            broker.add_queue(queue.name, settings)
        return cls(broker)

    @property
    def address(self) -> str:
        return f"{HOST}:{self.port}"

    @property
    def connection(self) -> str:
        """The connection string; any name and key will do."""
        return (
            f"Endpoint=sb://localhost:{self.port};SharedAccessKeyName=any;SharedAccessKey=made-up;"
            "UseDevelopmentEmulator=true"
        )

    @property
    def settings(self) -> Settings:
        return {
            "FABRIC_BUS_URL": f"servicebus://localhost:{self.port}",
            "ServiceBusConnection": self.connection,
        }

    async def __aenter__(self) -> Self:
        await self.resume()
        if self._drop_every_seconds:
            self._dropping = asyncio.create_task(self._drop_regularly())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._dropping:
            self._dropping.cancel()
        self.pause()
        serving = list(self._connections)
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)

    def pause(self) -> None:
        """Begin an outage: connections are refused, the open ones cut; locks and timers go on."""
        if self._listener:
            self._listener.close()
            self._listener = None
            self.drop()

    async def resume(self) -> None:
        """Listen, again on the same port and with all messages."""
        if self._listener is None:
            self._listener = await asyncio.start_server(self._serve, HOST, self.port)
            self.port = self._listener.sockets[0].getsockname()[1]

    def drop(self) -> None:
        """Cut every open connection, without a closing handshake."""
        for writer in self._connections.values():
            self.broker.faults.counts[CONNECTIONS_DROPPED] += 1
            writer.transport.abort()

    def stats(self) -> dict[str, Any]:
        return {
            "paused": self._listener is None,
            "connections": len(self._connections),
            "faults": self.broker.faults.counts,
            "entities": self.broker.stats(),
        }

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 -- asyncio makes one a connection
        self._connections[task] = writer
        try:
            with suppress(asyncio.CancelledError):
                await Connection(self.broker, reader, writer).run()
        finally:
            del self._connections[task]

    async def _drop_regularly(self) -> None:
        while True:
            await asyncio.sleep(self._drop_every_seconds)
            self.drop()
