"""How a request to the search service goes wrong on request."""

from dataclasses import dataclass
from typing import Literal

from aiohttp import web

Kind = Literal["", "status", "slow", "drop", "partial"]
KINDS = ("status", "slow", "drop", "partial")


@dataclass
class Fault:
    """How the next `count` requests fail, None for all until it is mended.

    `status`: that status, with `Retry-After` of `seconds`. `slow`: the answer comes so much later.
    `drop`: the connection closes. `partial`: a write takes every second document (207).
    """

    kind: Kind = ""
    status: int = 503
    seconds: float = 0.0
    count: int | None = None

    def befalls(self) -> bool:
        """Count one request. Return whether it goes wrong."""
        if not self.kind or self.count == 0:
            return False
        if self.count is not None:
            self.count -= 1
        return True

    def response(self) -> web.Response:
        error = {"code": str(self.status), "message": "You are sending too many requests."}
        headers = {"Retry-After": f"{self.seconds:g}"} if self.seconds else {}
        return web.json_response({"error": error}, status=self.status, headers=headers)
