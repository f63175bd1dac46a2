"""Where a page hears a conversation by WebSocket instead of asking for it again and again."""

import asyncio
from contextlib import suppress
from typing import Protocol

from shared.ports.channel import Request


class Streams(Protocol):
    """What serves sockets beside this app; a Functions app cannot do it itself."""

    def url(self, request: Request, conversation: str, secret: str, watermark: str) -> str:
        """The `streamUrl` for who asks with the token `secret`; it goes on after `watermark`."""
        ...


class Bell:
    """Wakes the sockets of this process that wait for news of a conversation."""

    def __init__(self) -> None:
        self._waiting: dict[str, asyncio.Event] = {}

    def ring(self, conversation: str) -> None:
        if event := self._waiting.pop(conversation, None):
            event.set()

    async def wait(self, conversation: str, seconds: float) -> None:
        """Return at the next ring, or after `seconds`: another process may have written."""
        event = self._waiting.setdefault(conversation, asyncio.Event())
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await event.wait()
