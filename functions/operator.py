"""Routes for people who run the platform: who may, what they ask, and how they are answered, once.

    @operator_route("GET", "ops/usage", least=Role.AUDITOR)
    async def usage(ask: Ask) -> Usage:
        return await reports.usage(ask.fabric, since=ask.text("since"))

There is no way to register a route without its least role. What the handler returns becomes the
JSON answer: a dataclass, a mapping or a list. What it raises becomes a status: Rejected its own,
PermanentError 404, TransientError 503.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, is_dataclass
from typing import Any, TypeVar

import azure.functions as func

from functions.host import fabric
from functions.http import json_response, operator_of, responding
from shared.errors import PermanentError, Rejected
from shared.fabric import Fabric
from shared.governance.audit import Operator
from shared.governance.roles import Role
from shared.parse import json_object

MAX_BODY_BYTES = 100_000

Handler = Callable[["Ask"], Awaitable[object]]
H = TypeVar("H", bound=Handler)

bp = func.Blueprint()


@dataclass(frozen=True, slots=True)
class Ask:
    """What one operator asks: `path` and `query` as they were sent, the body not yet read."""

    fabric: Fabric
    operator: Operator
    path: Mapping[str, str]
    query: Mapping[str, str]
    raw_body: bytes

    def text(self, name: str) -> str:
        """Return a parameter of the query, "" when it is not there."""
        return self.query.get(name, "")

    def body(self) -> dict[str, Any]:
        """Read the body as a JSON object. Raises Rejected (400, 413)."""
        return json_object(self.raw_body, cap=MAX_BODY_BYTES)


@dataclass(frozen=True, slots=True)
class OperatorRoute:
    """`name` is the function's: it stands in telemetry, and switches the function off."""

    name: str
    method: str
    path: str
    least: Role
    handler: Handler

    async def respond(self, req: func.HttpRequest) -> func.HttpResponse:
        ask = Ask(fabric(), operator_of(req), req.route_params, req.params, req.get_body())

        async def answer() -> func.HttpResponse:
            try:
                result = await self.handler(ask)
            except PermanentError as error:
                raise Rejected(404, error.reason) from error
            return json_response(_plain(result))

        return await responding(self.name, answer, req.headers.get("traceparent", ""))


ROUTES: dict[str, OperatorRoute] = {}
"""Every operator route, by the name of its function."""


def operator_route(method: str, path: str, *, least: Role, name: str = "") -> Callable[[H], H]:
    """Register a handler as the Azure Function `name`, by default made of its path."""

    def register(handler: H) -> H:
        plain = path.replace("{", "").replace("}", "")
        function = name or plain.replace("/", "_").replace("-", "_")
        route = OperatorRoute(function, method, path, least, handler)
        ROUTES[function] = route

        @bp.function_name(function)
        @bp.route(path, methods=[method], auth_level=func.AuthLevel.FUNCTION)
        async def run(req: func.HttpRequest) -> func.HttpResponse:
            return await route.respond(req)

        return handler

    return register


def _plain(result: object) -> object:
    if isinstance(result, list):
        return [_plain(item) for item in result]
    return asdict(result) if is_dataclass(result) and not isinstance(result, type) else result
