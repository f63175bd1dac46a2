"""Skills as tools of the Model Context Protocol: `POST /api/mcp`, stateless streamable HTTP.

Revision 2026-07-28, where each request stands alone, and the handshake of the revisions before
it, which older clients begin with. One JSON-RPC message in, one JSON answer out; no sessions and
no streams. Source: modelcontextprotocol.io/specification/2026-07-28.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import azure.functions as func

from functions.host import fabric
from functions.http import json_response, responding
from shared.errors import Rejected
from shared.governance.roles import Role
from shared.parse import json_object
from shared.version import VERSION

if TYPE_CHECKING:
    from shared.governance.access import Departments
    from shared.governance.audit import Operator

MAX_BODY_BYTES = 65_536
STATELESS = "2026-07-28"
WITH_HANDSHAKE = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")
SERVER = {"name": "bot-fabric", "version": VERSION}
CACHED_MS = 60_000
"""How long a client may keep the list of tools."""

_META = "io.modelcontextprotocol/"
_INVALID_REQUEST, _NO_METHOD, _BAD_PARAMS = -32600, -32601, -32602
_HEADER_MISMATCH, _BAD_VERSION = -32020, -32022
_STATUS = {_NO_METHOD: HTTPStatus.NOT_FOUND}
KEY = "function key"
"""Who calls with a key of the function, which the host has checked."""

bp = func.Blueprint()


class _Error(Exception):
    """A JSON-RPC error."""

    def __init__(self, code: int, message: str, data: object = None) -> None:
        super().__init__(message)
        self.code, self.message, self.data = code, message, data


@dataclass(frozen=True, slots=True)
class _Call:
    """One JSON-RPC request of a caller who was let in."""

    who: "Operator"
    departments: "Departments"
    method: str
    params: Mapping[str, Any]
    headers: Mapping[str, str]

    @property
    def meta(self) -> Mapping[str, Any]:
        meta = self.params.get("_meta")
        return meta if isinstance(meta, dict) else {}

    @property
    def is_stateless(self) -> bool:
        """Whether it is of the revision that knows no handshake."""
        return f"{_META}protocolVersion" in self.meta or self.method == "server/discover"


@bp.function_name("mcp")
@bp.route("mcp", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
async def mcp(req: func.HttpRequest) -> func.HttpResponse:
    async def answer() -> func.HttpResponse:
        headers = {name.lower(): value for name, value in req.headers.items()}
        who, departments = await _caller(headers.get("authorization", ""))
        body = json_object(req.get_body(), cap=MAX_BODY_BYTES)
        if "id" not in body:
            return func.HttpResponse(status_code=HTTPStatus.ACCEPTED)
        return await _answered(who, departments, body, headers)

    return await responding("mcp", answer, req.headers.get("traceparent", ""))


async def _caller(authorization: str) -> "tuple[Operator, Departments]":
    """Whom a token vouches for, with their departments; without one, the key's holder."""
    from shared.governance.access import ALL
    from shared.governance.audit import Operator

    here = fabric()
    if not authorization and here.callers.declared:
        raise Rejected(401, "token_missing")  # a caller's key is bound to bots; here it opens all
    if not authorization:
        return Operator(KEY, "mcp"), ALL
    caller = await here.people.operators.validate(authorization)
    rights = here.access.rights(caller.oid, caller.roles, caller.groups)
    departments = rights.departments(Role.OPERATOR)
    if not departments:
        raise Rejected(403, "role_below_operator")
    return Operator(caller.oid, "mcp"), departments


async def _answered(
    who: "Operator", departments: "Departments", body: Mapping[str, Any], headers: Mapping[str, str]
) -> func.HttpResponse:
    id, method, params = body["id"], body.get("method"), body.get("params", {})
    status: int = HTTPStatus.OK
    shook_hands = False
    try:
        if not isinstance(id, str | int) or isinstance(id, bool):
            id = None
            raise _Error(_INVALID_REQUEST, "id is a string or a whole number")
        if body.get("jsonrpc") != "2.0" or not isinstance(method, str):
            raise _Error(_INVALID_REQUEST, 'one request object: "jsonrpc": "2.0" and a method')
        if not isinstance(params, dict):
            raise _Error(_BAD_PARAMS, "params is an object")
        call = _Call(who, departments, method, params, headers)
        if call.is_stateless:
            _check_envelope(call)
        else:
            shook_hands = call.headers.get("mcp-protocol-version") in WITH_HANDSHAKE
        answer = {"result": await _result(call)}
    except _Error as error:
        said = {"code": error.code, "message": error.message}
        answer = {"error": said if error.data is None else {**said, "data": error.data}}
        if not shook_hands:  # clients of before take any other status for a broken connection
            status = _STATUS.get(error.code, HTTPStatus.BAD_REQUEST)
    return json_response({"jsonrpc": "2.0", "id": id, **answer}, status)


def _check_envelope(call: _Call) -> None:
    """Hold the headers, by which proxies route, to what the body says."""
    version = call.meta.get(f"{_META}protocolVersion")
    if not isinstance(version, str) or f"{_META}clientCapabilities" not in call.meta:
        raise _Error(_BAD_PARAMS, f"params._meta needs {_META}protocolVersion, clientCapabilities")
    named = {"mcp-protocol-version": version, "mcp-method": call.method}
    if call.method == "tools/call":
        named["mcp-name"] = str(call.params.get("name", ""))
    for header, value in named.items():
        if call.headers.get(header) != value:
            raise _Error(_HEADER_MISMATCH, f"the header {header} is not what the body says")
    if version != STATELESS:
        wanted = {"supported": [STATELESS], "requested": version}
        raise _Error(_BAD_VERSION, "unsupported protocol version", wanted)


async def _result(call: _Call) -> dict[str, Any]:
    match call.method:
        case "server/discover":
            about = {"supportedVersions": [STATELESS], "capabilities": {"tools": {}}}
            return {**about, "serverInfo": SERVER, **_cacheable()}
        case "initialize":
            asked = call.params.get("protocolVersion")
            version = asked if asked in WITH_HANDSHAKE else WITH_HANDSHAKE[-1]
            return {
                "protocolVersion": version,
                "capabilities": {"tools": {}},
                "serverInfo": SERVER,
            }
        case "ping":
            return {"resultType": "complete"} if call.is_stateless else {}
        case "tools/list":
            return {"tools": _tools(call), **(_cacheable() if call.is_stateless else {})}
        case "tools/call":
            return await _called(call)
    raise _Error(_NO_METHOD, "no such method: there are tools/list and tools/call")


def _tools(call: _Call) -> list[dict[str, Any]]:
    from shared.operations.deeds.tools import offered

    return [
        {"name": name, "description": tool.description, "inputSchema": tool.schema}
        for name, tool in offered(fabric(), call.departments).items()
    ]


async def _called(call: _Call) -> dict[str, Any]:
    from shared.operations.deeds.tools import BadCall, offered, use

    name, arguments = call.params.get("name"), call.params.get("arguments") or {}
    tool = offered(fabric(), call.departments).get(name) if isinstance(name, str) else None
    if tool is None:
        raise _Error(_BAD_PARAMS, "no such tool; tools/list names those there are")
    if not isinstance(arguments, dict):
        raise _Error(_BAD_PARAMS, "arguments is an object")
    try:
        text, failed = await use(fabric(), call.who, tool, arguments), False
    except BadCall as error:
        text, failed = str(error), True
    result: dict[str, Any] = {"content": [{"type": "text", "text": text}], "isError": failed}
    return {**result, "resultType": "complete"} if call.is_stateless else result


def _cacheable() -> dict[str, Any]:
    return {"ttlMs": CACHED_MS, "cacheScope": "private", "resultType": "complete"}
