"""Posting to a host's webhook, as a channel does: again while it is not acknowledged."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from aiohttp import ClientError, ClientSession, ClientTimeout


@dataclass
class Delivery:
    """One thing posted: the `ids` it went under, and the `statuses` it met (0: no answer)."""

    ids: list[str] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    body: bytes = b""
    """What the last answer said."""

    @property
    def acknowledged(self) -> bool:
        return bool(self.statuses) and 200 <= self.statuses[-1] < 300


class Webhook:
    """`timeout` in seconds is how long the service waits for the acknowledgement."""

    def __init__(self, *, timeout: float) -> None:
        self._timeout = ClientTimeout(total=timeout)

    async def __aenter__(self) -> Self:
        self._session = ClientSession(timeout=self._timeout)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def post(
        self, url: str, body: bytes, headers: Mapping[str, str], delivery: Delivery, id: str
    ) -> int:
        """The status, 0 without an answer; both are noted in `delivery`."""
        status, answer = 0, b""
        try:
            async with self._session.post(
                url, data=body, headers=headers, allow_redirects=False
            ) as response:
                status, answer = response.status, await response.read()
        except (ClientError, TimeoutError, OSError):
            pass  # not acknowledged, whatever the reason
        delivery.ids.append(id)
        delivery.statuses.append(status)
        delivery.body = answer
        return status

    async def get(self, url: str, query: Mapping[str, str] | None = None) -> tuple[int, str]:
        """Status and text, (0, "") without an answer."""
        try:
            async with self._session.get(url, params=query, allow_redirects=False) as response:
                return response.status, await response.text()
        except (ClientError, TimeoutError, OSError):
            return 0, ""

    async def until_healthy(self, url: str, seconds: float) -> bool:
        """Whether the host at `url` answers its health page in time."""
        try:
            async with asyncio.timeout(seconds):
                while (await self.get(f"{url}/api/health"))[0] != 200:  # noqa: ASYNC110 -- no news
                    await asyncio.sleep(0.1)
        except TimeoutError:
            return False
        return True
