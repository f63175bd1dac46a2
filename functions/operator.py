"""Routes for people who run the platform: who may, what they ask, and how they are answered, once.

    @operator_route("GET", "ops/usage", least=Role.AUDITOR)
    async def usage(ask: Ask) -> Usage:
        return await reports.usage(ask.fabric, since=ask.text("since"))

A handler imports what it reports when it is called: a webhook does not wait for that.
There is no way to register a route without its least role. Who asks is whom the bearer token
vouches for: 401 without a token, 403 without that role anywhere; `Ask.departments` are those in
which the caller has it, and what is outside of them is 404. What the handler returns becomes the
JSON answer: a dataclass, a mapping or a list. What it raises becomes a status: Rejected its own,
PermanentError 404, TransientError 503.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, is_dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import azure.functions as func

from functions.host import fabric
from functions.http import json_response, responding
from shared.errors import PermanentError, Rejected
from shared.governance.roles import Role
from shared.observability import log
from shared.parse import json_object
from shared.purposes import PURPOSES

if TYPE_CHECKING:
    from shared.bot import Bot
    from shared.fabric import Fabric
    from shared.governance.access import Departments, Rights
    from shared.governance.audit import Operator

MAX_BODY_BYTES = 100_000
MAX_TARGET_CHARACTERS = 200
"""Of what a denied request asked for, this much of each parameter is on record."""

Handler = Callable[["Ask"], Awaitable[object]]
H = TypeVar("H", bound=Handler)

bp = func.Blueprint()


class Foreign(Rejected):
    """It is there, and outside the caller's departments: answered as what is not there."""

    def __init__(self, kind: str) -> None:
        super().__init__(404, f"no_such_{kind}")


@dataclass(frozen=True, slots=True)
class Ask:
    """What one operator asks: `path` and `query` as they were sent, the body not yet read.

    `departments` are those in which the operator may ask it; `rights` and `groups` are all that
    they have and are in.
    """

    fabric: "Fabric"
    operator: "Operator"
    rights: "Rights"
    groups: frozenset[str]
    departments: "Departments"
    path: Mapping[str, str]
    query: Mapping[str, str]
    raw_body: bytes

    def text(self, name: str) -> str:
        """Return a parameter of the query, "" when it is not there."""
        return self.query.get(name, "")

    @property
    def purpose(self) -> str:
        """Return the code of why it is asked, "" when the route asks for none."""
        return self.text("purpose")

    def sees(self, bot_id: str) -> bool:
        """Whether a bot is the operator's; one that has no manifest any more is everybody's."""
        bot = self.fabric.bots.get(bot_id)
        return self.departments.everywhere if bot is None else bot.department in self.departments

    def bot(self, id: str) -> "Bot":
        """Return a bot of the operator's departments. Raises Rejected (404) for any other."""
        bot = self.fabric.bots.get(id)
        if bot is None:
            raise Rejected(404, "no_such_bot")
        if bot.department not in self.departments:
            raise Foreign("bot")
        return bot

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
    purpose: bool = False
    """Whether who asks must say why: `?purpose=` with a code of `PURPOSES`."""

    async def respond(self, req: func.HttpRequest) -> func.HttpResponse:
        async def answer() -> func.HttpResponse:
            try:
                return await respond()
            except Rejected as refusal:
                if refusal.status != 400:
                    raise
                log.warning("webhook.rejected", function=self.name, status=400)
                return json_response({"error": "bad request", "reason": refusal.reason}, 400)

        async def respond() -> func.HttpResponse:
            ask = await self._admit(req)
            try:
                result = await self.handler(ask)
            except Foreign:
                await self._deny(ask.fabric, ask.operator, {**ask.path, **ask.query})
                raise
            except PermanentError as error:
                raise Rejected(404, error.reason) from error
            return json_response(_plain(result))

        return await responding(self.name, answer, req.headers.get("traceparent", ""))

    async def _admit(self, req: func.HttpRequest) -> Ask:
        """Find out who asks, where they may, and why. Raises Rejected 401, 403 or 400."""
        from shared.governance.audit import Operator

        here = fabric()
        headers = {name.lower(): value for name, value in req.headers.items()}
        caller = await here.people.operators.admit(self.method, headers)
        operator = Operator(caller.oid, "http")
        rights = here.access.rights(caller.oid, caller.roles, caller.groups)
        departments = rights.departments(self.least)
        if not departments:
            await self._deny(here, operator, {})
            raise Rejected(403, f"role_below_{self.least.name.lower()}")
        if self.purpose and req.params.get("purpose") not in PURPOSES:
            raise Rejected(400, f"write ?purpose= with one of {', '.join(PURPOSES)}")
        where = (req.route_params, req.params, req.get_body())
        return Ask(here, operator, rights, caller.groups, departments, *where)

    async def _deny(self, here: "Fabric", operator: "Operator", target: Mapping[str, str]) -> None:
        """Put on record, before the answer leaves, that somebody known was turned away."""
        from shared.governance import audit

        shown = {name: value[:MAX_TARGET_CHARACTERS] for name, value in target.items()}
        await here.audit.record(operator, self.name, shown, audit.DENIED)


ROUTES: dict[str, OperatorRoute] = {}
"""Every operator route, by the name of its function."""


def operator_route(
    method: str, path: str, *, least: Role, name: str = "", purpose: bool = False
) -> Callable[[H], H]:
    """Register a handler as the Azure Function `name`, by default made of its path."""

    def register(handler: H) -> H:
        plain = path.replace("{", "").replace("}", "")
        function = name or plain.replace("/", "_").replace("-", "_")
        route = OperatorRoute(function, method, path, least, handler, purpose)
        ROUTES[function] = route

        @bp.function_name(function)
        @bp.route(path, methods=[method], auth_level=func.AuthLevel.ANONYMOUS)
        async def run(req: func.HttpRequest) -> func.HttpResponse:
            return await route.respond(req)

        return handler

    return register


def _plain(result: object) -> object:
    if isinstance(result, list):
        return [_plain(item) for item in result]
    return asdict(result) if is_dataclass(result) and not isinstance(result, type) else result
