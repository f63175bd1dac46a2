"""Where a page hears a conversation by WebSocket instead of asking for it again and again."""

from typing import Protocol

from shared.activity import Activity
from shared.ports.channel import Request


class Streams(Protocol):
    """What serves sockets beside this app; a Functions app cannot do it itself."""

    async def url(self, request: Request, conversation: str, secret: str, watermark: str) -> str:
        """Return the `streamUrl` for the bearer of `secret`; it goes on after `watermark`."""
        ...

    async def said(self, conversation: str, activity: Activity, number: int) -> None:
        """Tell the conversation's sockets of what was just logged under `number`."""
        ...
