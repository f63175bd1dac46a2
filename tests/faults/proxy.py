"""Between a client and a server on loopback: remembers, delays, cuts, and loses answers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


class Proxy:
    """`said` is what clients sent, `delay` the seconds each answer is held back.

    `cut` refuses everybody. An answer to a request that contains a text in `swallow` never
    arrives: the server did its work, then the connection breaks. Each text works once. With
    `silent` the connection stays open instead.
    """

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.said = bytearray()
        self.delay = 0.0
        self.swallow: list[bytes] = []
        self.silent = False
        self.is_cut = False
        self.address = ""

    def cut(self) -> None:
        self.is_cut = True
        for writer in list(self._open):
            writer.transport.abort()

    def restore(self) -> None:
        self.is_cut = False

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        self._open.add(writer)
        try:
            if not self.is_cut:
                with suppress(OSError, asyncio.CancelledError):
                    await self._connect(reader, writer)
        finally:
            writer.transport.abort()
            self._open.discard(writer)
            self._tasks.discard(task)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_connection(*self._server)
        doomed = asyncio.Event()

        async def forth() -> None:
            while chunk := await reader.read(65536):
                self.said += chunk
                if found := [text for text in self.swallow if text in chunk]:
                    self.swallow.remove(found[0])
                    doomed.set()
                server_writer.write(chunk)
                await server_writer.drain()

        async def back() -> None:
            while chunk := await server_reader.read(65536):
                if doomed.is_set() and self.silent:
                    continue
                if doomed.is_set():
                    return
                await asyncio.sleep(self.delay)
                writer.write(chunk)
                await writer.drain()

        ways = [asyncio.create_task(forth()), asyncio.create_task(back())]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            server_writer.transport.abort()
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def stop(self) -> None:
        self.cut()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@asynccontextmanager
async def proxy(host: str, port: int) -> AsyncIterator[Proxy]:
    between = Proxy(host, port)
    server = await asyncio.start_server(between._serve, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    between.address = f"{host}:{port}"
    try:
        yield between
    finally:
        server.close()
        await between.stop()
        await server.wait_closed()
