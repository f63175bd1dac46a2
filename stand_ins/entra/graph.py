"""Graph, as far as groups go: the caller's own, and for an app anybody's, and who is there.

Source: learn.microsoft.com, "List a user's memberships", "List users", "List groups".
"""

import re
from typing import Any

from aiohttp import web

from stand_ins.entra.directory import GRAPH, Directory

PAGE = 100
_ADDRESS = re.compile(r"eq '((?:[^']|'')*)'(?: or |$)")
EXPIRED = {"error": {"code": "InvalidAuthenticationToken"}}
UNKNOWN = {"error": {"code": "Request_ResourceNotFound"}}


class Graph:
    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def routes(self) -> list[web.RouteDef]:
        kinds = ("memberOf", "transitiveMemberOf")
        return [
            *(web.get(f"/v1.0/me/{kind}", self._member_of) for kind in kinds),
            *(web.get(f"/v1.0/users/{{oid}}/{kind}", self._member_of) for kind in kinds),
            web.get("/v1.0/{kind:users|groups}", self._list),
        ]

    async def _member_of(self, request: web.Request) -> web.Response:
        directory = self._directory
        directory.asked.append("memberOf")
        claims = directory.claims(
            request.headers.get("authorization", "").removeprefix("Bearer "), GRAPH
        )
        oid = request.match_info.get("oid", "")
        if not claims or (oid and claims.get("idtyp") != "app"):
            return web.json_response(EXPIRED, status=401)
        if directory.graph_status != 200:
            return web.json_response({"error": {}}, status=directory.graph_status)
        person = directory.known(oid or claims["oid"])
        if person is None:
            return web.json_response(UNKNOWN, status=404)
        start = int(request.query.get("$skiptoken", "0"))
        page = {"value": [{"id": id} for id in person.groups[start : start + PAGE]]}
        more: dict[str, Any] = {}
        if start + PAGE < len(person.groups):
            link = f"{request.url.origin()}{request.path}?$skiptoken={start + PAGE}"
            more = {"@odata.nextLink": link}
        return web.json_response({**page, **more})

    async def _list(self, request: web.Request) -> web.Response:
        """Answer an app by the addresses in the filter: `mail eq 'a@b' or ...`."""
        directory = self._directory
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if directory.claims(token, GRAPH).get("idtyp") != "app":
            return web.json_response(EXPIRED, status=401)
        if directory.graph_status != 200:
            return web.json_response({"error": {}}, status=directory.graph_status)
        named = _ADDRESS.findall(request.query.get("$filter", ""))
        wanted = {name.replace("''", "'").casefold() for name in named}
        if request.match_info["kind"] == "groups":
            there = sorted(wanted & directory.group_addresses)
            return web.json_response({"value": [{"id": address} for address in there]})
        people = [
            {"id": person.subject.oid, "accountEnabled": person.login not in directory.disabled}
            for person in directory.people
            if person.login not in directory.removed and person.address in wanted
        ]
        return web.json_response({"value": people})
