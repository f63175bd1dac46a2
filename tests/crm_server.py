"""A small CRM with tickets that fails on demand: `python -m tests.crm_server --port 7081`.

    GET   /customers/{id}       GET   /tickets/{id}
    PATCH /customers/{id}       POST  /tickets  {"customer", "text"}

`Authorization: Bearer <key>`; POST and PATCH honour `Idempotency-Key`. Faults are switched on
the next port: `PUT /fault {"kind", "count", "seconds", "date", "method"}`, `DELETE /fault`,
`GET /tickets`.
"""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, fields
from email.utils import formatdate
from time import monotonic, time
from typing import Any, Literal, Self, get_args

from aiohttp import web

Kind = Literal["", "down", "error", "slow", "throttle", "lost", "busy"]
"""Nobody listens; 500; `seconds` late; 429 with Retry-After; done, but the answer is lost; the
first request with this key is still being worked (409)."""

KEY = "crm-key"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


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


@dataclass(frozen=True)
class Heard:
    """One request as it came, `at` a monotonic time."""

    method: str
    path: str
    headers: dict[str, str]
    at: float


@dataclass
class Books:
    """What the CRM keeps; `answers` by idempotency key, with the request they answer."""

    customers: dict[str, dict[str, Any]] = field(
        default_factory=lambda: {"c-1": {"id": "c-1", "name": "Ann", "tier": "gold"}}
    )
    tickets: dict[str, dict[str, Any]] = field(default_factory=dict)
    answers: dict[str, tuple[Any, tuple[int, Any]]] = field(default_factory=dict)


class CrmServer:
    """`async with CrmServer() as crm:` serves on `crm.url`; set `crm.fault`, or use HTTP."""

    def __init__(self, port: int = 0, *, key: str = KEY) -> None:
        self.books = Books()
        self.heard: list[Heard] = []
        self.at_once = self.most_at_once = 0
        self._heard_one = asyncio.Event()
        self._fault = Fault()
        self._key, self._port, self._given = key, 0, port
        self._serving: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def control_url(self) -> str:
        return f"http://127.0.0.1:{self._control_port}"

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
        self._port = self._given
        await self._serve()
        control = web.Application()
        control.router.add_put("/fault", self._put_fault)
        control.router.add_delete("/fault", self._delete_fault)
        control.router.add_get("/tickets", self._list)
        self._control = web.AppRunner(control)
        self._control_port = await _listen(self._control, self._given and self._given + 1)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stop()
        await self._control.cleanup()

    async def _serve(self) -> None:
        if self._serving is not None:
            return

        @web.middleware
        async def around(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await self._around(request, handler)

        app = web.Application(middlewares=[around])
        app.router.add_get("/customers/{id}", self._customer)
        app.router.add_patch("/customers/{id}", self._change)
        app.router.add_get("/tickets/{id}", self._ticket)
        app.router.add_post("/tickets", self._file)
        self._serving = web.AppRunner(app, shutdown_timeout=0.05)
        self._port = await _listen(self._serving, self._port)

    async def _stop(self) -> None:
        if self._serving is not None:
            await self._serving.cleanup()
            self._serving = None

    # --- what it does to every request

    async def _around(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self.heard.append(Heard(request.method, request.path, dict(request.headers), monotonic()))
        self._heard_one.set()
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            return await self._with_fault(request, handler)
        finally:
            self.at_once -= 1

    async def _with_fault(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.headers.get("Authorization") != f"Bearer {self._key}":
            return web.json_response({"error": "unknown key"}, status=401)
        fault = self._fault
        if fault.method not in ("", request.method):
            return await handler(request)
        if fault.count is not None:
            if fault.count == 0:
                return await handler(request)
            fault.count -= 1
        match fault.kind:
            case "error":
                return web.json_response({"error": "out of order"}, status=500)
            case "throttle":
                after = (
                    formatdate(time() + fault.seconds, usegmt=True)
                    if fault.date
                    else str(int(fault.seconds))
                )
                return web.json_response(
                    {"error": "too fast"}, status=429, headers={"Retry-After": after}
                )
            case "slow":
                await asyncio.sleep(fault.seconds)
            case "busy":
                return web.json_response({"error": "the first one is under way"}, status=409)
            case "lost":
                answer = await handler(request)
                assert request.transport is not None
                request.transport.close()
                return answer
        return await handler(request)

    # --- the CRM

    async def _customer(self, request: web.Request) -> web.Response:
        customer = self.books.customers.get(request.match_info["id"])
        return _answer(200, customer) if customer else _answer(404, {"error": "unknown"})

    async def _change(self, request: web.Request) -> web.Response:
        body = await request.json()

        def change() -> tuple[int, Any]:
            customer = self.books.customers.get(request.match_info["id"])
            if customer is None:
                return 404, {"error": "unknown"}
            customer |= body
            return 200, dict(customer)

        return self._once(request, body, change)

    async def _ticket(self, request: web.Request) -> web.Response:
        ticket = self.books.tickets.get(request.match_info["id"])
        return _answer(200, ticket) if ticket else _answer(404, {"error": "unknown"})

    async def _file(self, request: web.Request) -> web.Response:
        body = await request.json()

        def file() -> tuple[int, Any]:
            if not body.get("text"):
                return 422, {"error": "text is missing", "field": "text"}
            id = f"T-{len(self.books.tickets) + 1}"
            self.books.tickets[id] = {"id": id, **body}
            return 201, self.books.tickets[id]

        return self._once(request, body, file)

    def _once(
        self, request: web.Request, body: Any, act: Callable[[], tuple[int, Any]]
    ) -> web.Response:
        """The first answer again for a key that was used; 422 when the request is another."""
        key = request.headers.get("Idempotency-Key")
        if key is None:
            return _answer(*act())
        asked = [request.method, request.path, body]
        before, answer = self.books.answers.get(key, (None, None))
        if answer is None:
            answer = act()
            self.books.answers[key] = (asked, answer)
        elif before != asked:
            return _answer(422, {"error": "this key was used for another request"})
        return _answer(*answer)

    # --- control

    async def _put_fault(self, request: web.Request) -> web.Response:
        body = await request.json()
        known = {each.name for each in fields(Fault)}
        if body.get("kind") not in get_args(Kind) or not body.keys() <= known:
            return _answer(400, {"kind": get_args(Kind), "keys": sorted(known)})
        await self.fail(**body)
        return _answer(200, body)

    async def _delete_fault(self, request: web.Request) -> web.Response:
        await self.mend()
        return _answer(200, {})

    async def _list(self, request: web.Request) -> web.Response:
        return _answer(200, list(self.books.tickets.values()))


def _answer(status: int, body: Any) -> web.Response:
    return web.json_response(body, status=status)


async def _listen(runner: web.AppRunner, port: int) -> int:
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, reuse_address=True).start()
    return int(runner.addresses[0][1])


async def _run(port: int) -> None:
    async with CrmServer(port) as crm:
        print(f"CRM on {crm.url} with the key {KEY}; faults on {crm.control_url}/fault")
        await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A CRM that fails on demand")
    parser.add_argument("--port", type=int, default=7081)
    asyncio.run(_run(parser.parse_args().port))
