"""A small CRM with tickets that fails on demand.

    GET   /customers/{id}       GET   /tickets/{id}
    PATCH /customers/{id}       POST  /tickets  {"customer", "text"}

`Authorization: Bearer <key>`; POST and PATCH honour `Idempotency-Key`. Faults are switched on
a port of their own: `PUT /fault {"kind", "count", "seconds", "date", "method"}`,
`DELETE /fault`, `GET /tickets`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, fields
from time import monotonic
from typing import Any, Self, get_args

from aiohttp import web

from stand_ins.crm.books import UNKNOWN, Answer, Books
from stand_ins.crm.faults import Fault, Kind
from stand_ins.server import Settings
from stand_ins.web import Served, Site, cut

KEY = "crm-key"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Heard:
    """One request as it came, `at` a monotonic time."""

    method: str
    path: str
    headers: dict[str, str]
    at: float


class CrmServer(Served):
    """`async with CrmServer() as crm:` serves on `crm.url`; `crm.fail(...)`, or use HTTP."""

    def __init__(self, port: int = 0, *, key: str = KEY) -> None:
        self.books = Books()
        self.heard: list[Heard] = []
        self.at_once = self.most_at_once = 0
        self._heard_one = asyncio.Event()
        self._fault = Fault()
        self._key = key
        self._site, self._control = Site(port), Site(port and port + 1)
        self._listens = False

    @property
    def control_url(self) -> str:
        return self._control.url

    @property
    def settings(self) -> Settings:
        return {"CRM_URL": self.url, "CRM_KEY": self._key}

    async def fail(self, kind: Kind, **how: Any) -> None:
        """Switch a fault on, `how` as in `Fault`; it is in effect on return."""
        self._fault = Fault(kind, **how)
        if kind == "down":
            await self._stop()
        else:
            await self._serve()

    async def until_heard(self, count: int) -> None:
        """Return when so many requests have come."""
        async with asyncio.timeout(5):
            while len(self.heard) < count:
                self._heard_one.clear()
                await self._heard_one.wait()

    async def mend(self) -> None:
        await self.fail("")

    async def __aenter__(self) -> Self:
        await self._serve()
        control = web.Application()
        control.router.add_put("/fault", self._put_fault)
        control.router.add_delete("/fault", self._delete_fault)
        control.router.add_get("/tickets", self._list)
        await self._control.open(control)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stop()
        await self._control.close()

    async def _serve(self) -> None:
        if self._listens:
            return

        @web.middleware
        async def around(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await self._around(request, handler)

        app = web.Application(middlewares=[around])
        app.router.add_get("/customers/{id}", self._customer)
        app.router.add_patch("/customers/{id}", self._change)
        app.router.add_get("/tickets/{id}", self._ticket)
        app.router.add_post("/tickets", self._file)
        await self._site.open(app, grace=0.05)
        self._listens = True

    async def _stop(self) -> None:
        self._listens = False
        await self._site.close()

    # --- what it does to every request

    async def _around(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self.heard.append(Heard(request.method, request.path, dict(request.headers), monotonic()))
        self._heard_one.set()
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            if request.headers.get("Authorization") != f"Bearer {self._key}":
                return _response((401, {"error": "unknown key"}))
            if not self._fault.befalls(request.method):
                return await handler(request)
            return await self._wrong(request, handler, self._fault)
        finally:
            self.at_once -= 1

    async def _wrong(
        self, request: web.Request, handler: Handler, fault: Fault
    ) -> web.StreamResponse:
        match fault.kind:
            case "error":
                return _response((500, {"error": "out of order"}))
            case "throttle":
                headers = {"Retry-After": fault.retry_after}
                return web.json_response({"error": "too fast"}, status=429, headers=headers)
            case "busy":
                return _response((409, {"error": "the first one is under way"}))
            case "lost":
                await handler(request)
                return cut(request)
            case "slow":
                await asyncio.sleep(fault.seconds)
        return await handler(request)

    # --- the CRM

    async def _customer(self, request: web.Request) -> web.Response:
        customer = self.books.customers.get(request.match_info["id"])
        return _response((200, customer) if customer else UNKNOWN)

    async def _change(self, request: web.Request) -> web.Response:
        id, body = request.match_info["id"], await request.json()
        return self._once(request, body, lambda: self.books.change_customer(id, body))

    async def _ticket(self, request: web.Request) -> web.Response:
        ticket = self.books.tickets.get(request.match_info["id"])
        return _response((200, ticket) if ticket else UNKNOWN)

    async def _file(self, request: web.Request) -> web.Response:
        body = await request.json()
        return self._once(request, body, lambda: self.books.file_ticket(body))

    def _once(self, request: web.Request, body: Any, act: Callable[[], Answer]) -> web.Response:
        key = request.headers.get("Idempotency-Key")
        return _response(self.books.once(key, [request.method, request.path, body], act))

    # --- control

    async def _put_fault(self, request: web.Request) -> web.Response:
        body = await request.json()
        known = {each.name for each in fields(Fault)}
        if body.get("kind") not in get_args(Kind) or not body.keys() <= known:
            return _response((400, {"kind": get_args(Kind), "keys": sorted(known)}))
        await self.fail(**body)
        return _response((200, body))

    async def _delete_fault(self, request: web.Request) -> web.Response:
        await self.mend()
        return _response((200, {}))

    async def _list(self, request: web.Request) -> web.Response:
        return _response((200, list(self.books.tickets.values())))


def _response(answer: Answer) -> web.Response:
    status, body = answer
    return web.json_response(body, status=status)
