"""A custom topic of Event Grid on loopback: it takes CloudEvents and delivers each at least once.

`python -m tests.eventgrid_server --port 0 --deliver URL` prints `ready URL` and posts to a
webhook after its handshake. In a test, `deliver` is any function that takes a CloudEvent.
"""

import argparse
import asyncio
import json
import random
import re
import signal
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

import aiohttp
from aiohttp import web

from shared.event import Event
from shared.ports.bus import Bus

KEY = "dG9waWMta2V5LW9mLXRoZS10ZXN0cw=="
MAX_BYTES = 1_048_576
ATTRIBUTES = {"specversion", "id", "source", "type"}
Deliver = Callable[[dict[str, Any]], Awaitable[None]]


@dataclass
class Fault:
    """How one request goes wrong: `status`, or `kind` hang, drop (before), lost (after)."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    kind: str = ""


class EventGridServer:
    """`faults` befall the next requests, one each; while `down`, every connection is dropped.

    `heard` are the bodies of all requests, `published` what was taken. `repeat` delivers each
    event so many times, `shuffle` in any order once `release` is called.
    """

    def __init__(self, deliver: Deliver, *, key: str = KEY, token: str = "") -> None:
        self.deliver = deliver
        self.key, self.token = key, token
        self.faults: deque[Fault] = deque()
        self.down = False
        self.repeat, self.shuffle = 1, False
        self.heard: list[Any] = []
        self.published: list[dict[str, Any]] = []
        self.url = ""
        self._held: list[dict[str, Any]] = []
        self._deliveries: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()

    async def __aenter__(self) -> Self:
        return await self.start(0)

    async def start(self, port: int) -> Self:
        self._runner = web.ServerRunner(web.Server(self._answer), shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}/api/events"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stopping.set()
        for task in self._deliveries:
            task.cancel()
        await asyncio.gather(*self._deliveries, return_exceptions=True)
        await self._runner.cleanup()

    async def release(self) -> None:
        """Deliver what was held back for `shuffle`."""
        held, self._held = self._held, []
        random.Random(7).shuffle(held)
        for event in held:
            self._start(event)
        await self.settled()

    async def settled(self) -> None:
        """Return when everything taken so far is delivered."""
        async with asyncio.timeout(20):
            while self._deliveries:
                await asyncio.gather(*self._deliveries)

    async def _answer(self, request: web.BaseRequest) -> web.Response:
        raw = await request.read()
        fault = Fault(kind="drop") if self.down else Fault()
        if self.faults and not self.down:
            fault = self.faults.popleft()
        self.heard.append(json.loads(raw or b"null"))
        if fault.kind == "hang":
            await self._stopping.wait()
        if fault.kind == "drop":
            return _dropped(request)
        status = fault.status or self._status(request, raw)
        if status != 200:
            return web.Response(status=status, headers=fault.headers)
        body = json.loads(raw)
        for event in body if isinstance(body, list) else [body]:
            self.published.append(event)
            for _ in range(self.repeat):
                if self.shuffle:
                    self._held.append(event)
                else:
                    self._start(event)
        return _dropped(request) if fault.kind == "lost" else web.Response()

    def _status(self, request: web.BaseRequest, raw: bytes) -> int:
        if request.method != "POST" or request.path != "/api/events":
            return 404
        shown = request.headers.get("authorization") if self.token else ""
        if request.headers.get("aeg-sas-key") != self.key and shown != f"Bearer {self.token}":
            return 401
        if len(raw) > MAX_BYTES:
            return 413
        kind = request.headers.get("content-type", "").partition(";")[0]
        batch = kind == "application/cloudevents-batch+json"
        if not batch and kind != "application/cloudevents+json":
            return 400
        body = json.loads(raw)
        events = body if batch else [body]
        return 200 if isinstance(events, list) and all(map(is_cloud_event, events)) else 400

    def _start(self, event: dict[str, Any]) -> None:
        task = asyncio.create_task(self._deliver(json.loads(json.dumps(event))))
        self._deliveries.add(task)
        task.add_done_callback(self._deliveries.discard)

    async def _deliver(self, event: dict[str, Any]) -> None:
        """Until it succeeds, as Event Grid does, on a faster schedule."""
        pause = 0.05
        while True:
            try:
                return await self.deliver(event)
            except Exception as error:
                print("delivery failed:", type(error).__name__, flush=True)
                await asyncio.sleep(pause)
                pause = min(2.0, pause * 2)


def is_cloud_event(event: Any) -> bool:
    """Whether Event Grid takes it: CloudEvents 1.0 with attribute names in its alphabet."""
    if not isinstance(event, dict) or event.get("specversion") != "1.0":
        return False
    if not all(isinstance(event.get(name), str) and event[name] for name in ATTRIBUTES):
        return False
    if not all(re.fullmatch(r"[a-z0-9]{1,20}|data_base64", name) for name in event):
        return False
    try:
        return "time" not in event or bool(datetime.fromisoformat(event["time"]))
    except (TypeError, ValueError):
        return False


def into_queue(bus: Bus) -> Deliver:
    """A subscription that delivers to the queue `events` of a bus."""

    async def deliver(event: dict[str, Any]) -> None:
        await bus.send("events", Event.from_dict(event))

    return deliver


class Webhook:
    """A subscription that delivers to a URL, one structured CloudEvent a request."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._allowed = False
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30))

    async def __call__(self, event: dict[str, Any]) -> None:
        if not self._allowed:
            await self.handshake()
        headers = {
            "content-type": "application/cloudevents+json; charset=utf-8",
            "aeg-event-type": "Notification",
            "aeg-delivery-count": "0",
        }
        body = json.dumps(event).encode()
        async with self._session.post(self._url, data=body, headers=headers) as response:
            if response.status not in (200, 201, 202, 203, 204):
                raise RuntimeError(f"the webhook answers {response.status}")

    async def handshake(self) -> None:
        """CloudEvents' abuse protection: only who allows this origin is written to."""
        headers = {"WebHook-Request-Origin": "eventgrid.azure.net", "WebHook-Request-Rate": "120"}
        async with self._session.options(self._url, headers=headers) as response:
            allowed = response.headers.get("WebHook-Allowed-Origin")
            if response.status != 200 or allowed not in ("*", "eventgrid.azure.net"):
                raise RuntimeError(f"the webhook does not allow it: {response.status}")
            self._allowed = True

    async def close(self) -> None:
        await self._session.close()


def _dropped(request: web.BaseRequest) -> web.Response:
    """The connection is cut; aiohttp wants an answer all the same."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def _main() -> None:
    parser = argparse.ArgumentParser(prog="tests.eventgrid_server", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--deliver", required=True, metavar="URL")
    given = parser.parse_args()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    webhook = Webhook(given.deliver)
    server = await EventGridServer(webhook).start(given.port)
    print("ready", server.url, flush=True)
    await stop.wait()
    await server.__aexit__()
    with suppress(aiohttp.ClientError):
        await webhook.close()


if __name__ == "__main__":
    asyncio.run(_main())
