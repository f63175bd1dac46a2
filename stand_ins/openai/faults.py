"""How a request to the model goes wrong on request."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import web

Kind = Literal["none", "status", "hang", "drop", "lost", "truncate", "cut", "garbage", "filtered"]


@dataclass(frozen=True)
class Fault:
    """What goes wrong with a request.

    `status`: an answer with that status, `headers` and error `code`. `hang`: no answer.
    `drop`: the connection closes before the work. `lost`: it closes after it. `truncate`: a
    stream closes in the middle, or ends without its end (`cut`). `garbage`: no JSON.
    `filtered`: what the model says is held back.
    """

    kind: Kind = "status"
    status: int = 500
    code: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self) -> web.Response:
        """Word the refusal as Azure does: its reason may quote what was said."""
        error: dict[str, Any] = {"code": self.code, "message": "no: SECRET WORDS OF A PERSON"}
        if self.code == "content_filter":
            error["innererror"] = {"code": "ResponsibleAIPolicyViolation"}
        return web.json_response({"error": error}, status=self.status, headers=self.headers)


NO_FAULT = Fault("none")
WRONG_KEY = Fault(status=401, code="invalid_api_key")
UNKNOWN_DEPLOYMENT = Fault(status=404, code="DeploymentNotFound")
EMPTY_INPUT = Fault(status=400, code="invalid_input")
