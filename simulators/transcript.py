"""What a bot said to a simulated service, in the order it was taken."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Said:
    """One message that the service took. `at` is the service's clock, `body` what was posted."""

    conversation: str
    id: str
    text: str
    at: float
    reply_to: str
    body: dict[str, Any]


class Transcript:
    """All messages; `texts` of one conversation, and `until` to wait for more."""

    def __init__(self) -> None:
        self.said: list[Said] = []
        self._news = asyncio.Condition()

    async def add(self, said: Said) -> None:
        async with self._news:
            self.said.append(said)
            self._news.notify_all()

    def of(self, conversation: str) -> list[Said]:
        return [said for said in self.said if said.conversation == conversation]

    def texts(self, conversation: str) -> list[str]:
        return [said.text for said in self.of(conversation)]

    async def until(self, condition: Callable[[], bool], seconds: float = 20) -> None:
        """Return as soon as the condition holds. TimeoutError when it does not in time."""
        async with asyncio.timeout(seconds), self._news:
            await self._news.wait_for(condition)
