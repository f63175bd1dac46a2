"""How the CRM goes wrong on request."""

from dataclasses import dataclass
from email.utils import formatdate
from time import time
from typing import Literal

Kind = Literal["", "down", "error", "slow", "throttle", "lost", "busy"]
"""Nobody listens; 500; `seconds` late; 429 with Retry-After; done, but the answer is lost; the
first request with this key is still being worked (409)."""


@dataclass
class Fault:
    """How the next `count` requests fail, None for all until it is mended."""

    kind: Kind = ""
    count: int | None = None
    seconds: float = 0.0
    date: bool = False
    """Retry-After as an HTTP date instead of seconds."""
    method: str = ""
    """Only requests of this method, "" for all."""

    def befalls(self, method: str) -> bool:
        """Count one request of `method`. Return whether it goes wrong."""
        if self.method not in ("", method) or self.count == 0:
            return False
        if self.count is not None:
            self.count -= 1
        return True

    @property
    def retry_after(self) -> str:
        if self.date:
            return formatdate(time() + self.seconds, usegmt=True)
        return str(int(self.seconds))
