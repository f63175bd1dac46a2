"""A Bot Connector in a process of its own that does little else than count.

Says `ready URL`; for each line on stdin how many messages bots have sent so far.
"""

import asyncio
import sys

HEAD = "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n"


class Connection(asyncio.Protocol):
    """Just enough HTTP: a body has a length, and is answered once it is whole."""

    messages = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport, self._received = transport, b""

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (start := self._received.find(b"\r\n\r\n") + 4) >= 4:
            end = start + _length(self._received[:start])
            if len(self._received) < end:
                return
            body, self._received = self._received[start:end], self._received[end:]
            Connection.messages += b'"textFormat"' in body  # typing has none
            reply = f'{{"id":"r{Connection.messages}"}}'
            self._transport.write((HEAD.format(len(reply)) + reply).encode())


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line[15:])
    return 0


async def main() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Connection, "127.0.0.1", 0, backlog=1024)
    print(f"ready http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    while await loop.run_in_executor(None, sys.stdin.readline):
        print(Connection.messages, flush=True)


if __name__ == "__main__":
    asyncio.run(main())
