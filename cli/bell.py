"""Wakes the sockets of this process that wait for news of a conversation."""

import asyncio
from contextlib import suppress


class Bell:
    """One for all conversations."""

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
