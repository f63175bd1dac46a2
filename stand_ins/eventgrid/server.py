"""A custom topic of Event Grid: it takes CloudEvents and delivers each at least once."""

import asyncio
import json
import logging
import random
import re
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Self

from aiohttp import web

from stand_ins.eventgrid.faults import DROP, NO_FAULT, Fault
from stand_ins.eventgrid.subscriptions import CloudEvent, Deliver
from stand_ins.server import Settings
from stand_ins.web import Site, cut

KEY = "dG9waWMta2V5LW9mLXRoZS10ZXN0cw=="
PATH = "/api/events"
MAX_BYTES = 1_048_576
ONE, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"
REQUIRED_ATTRIBUTES = {"specversion", "id", "source", "type"}
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.05, 2.0
"""Between deliveries that fail: Event Grid's way, on a faster schedule."""

log = logging.getLogger(__name__)


async def _nothing() -> None:
    """A plain function has nothing to close."""


class EventGridServer:
    """`faults` befall the next requests, one each; while `down`, every connection is dropped.

    `deliver` is any function that takes a CloudEvent; `close` ends what it holds. `heard` are
    the bodies of all requests, `published` what was taken. `repeat` delivers each event so many
    times, `shuffle` in any order once `release` is called.
    """

    def __init__(
        self,
        deliver: Deliver,
        port: int = 0,
        *,
        key: str = KEY,
        token: str = "",
        close: Callable[[], Awaitable[None]] = _nothing,
    ) -> None:
        self.deliver = deliver
        self.key, self.token = key, token
        self.faults: deque[Fault] = deque()
        self.down = False
        self.repeat, self.shuffle = 1, False
        self.heard: list[Any] = []
        self.published: list[CloudEvent] = []
        self._close = close
        self._site = Site(port)
        self._held: list[CloudEvent] = []
        self._deliveries: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()

    @property
    def url(self) -> str:
        return self._site.url + PATH

    @property
    def address(self) -> str:
        return self.url

    @property
    def settings(self) -> Settings:
        return {
            "FABRIC_EVENTS_URL": f"eventgrid://{self._site.address}{PATH}",
            "FABRIC_EVENTS_KEY": self.key,
        }

    async def __aenter__(self) -> Self:
        await self._site.open(web.Server(self._answer, access_log=None))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stopping.set()
        for task in self._deliveries:
            task.cancel()
        await asyncio.gather(*self._deliveries, return_exceptions=True)
        await self._site.close()
        await self._close()

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
        fault = DROP if self.down else self.faults.popleft() if self.faults else NO_FAULT
        self.heard.append(json.loads(raw or b"null"))
        if fault.kind == "hang":
            await self._stopping.wait()
        if fault.kind == "drop":
            return cut(request)
        status = fault.status or self._status(request, raw)
        if status != 200:
            return web.Response(status=status, headers=fault.headers)
        body = json.loads(raw)
        for event in body if isinstance(body, list) else [body]:
            self._take(event)
        return cut(request) if fault.kind == "lost" else web.Response()

    def _status(self, request: web.BaseRequest, raw: bytes) -> int:
        if request.method != "POST" or request.path != PATH:
            return 404
        shown = request.headers.get("authorization") if self.token else ""
        if request.headers.get("aeg-sas-key") != self.key and shown != f"Bearer {self.token}":
            return 401
        if len(raw) > MAX_BYTES:
            return 413
        kind = request.headers.get("content-type", "").partition(";")[0]
        if kind not in (ONE, BATCH):
            return 400
        body = json.loads(raw)
        events = body if kind == BATCH else [body]
        return 200 if isinstance(events, list) and all(map(is_cloud_event, events)) else 400

    def _take(self, event: CloudEvent) -> None:
        self.published.append(event)
        for _ in range(self.repeat):
            if self.shuffle:
                self._held.append(event)
            else:
                self._start(event)

    def _start(self, event: CloudEvent) -> None:
        task = asyncio.create_task(self._until_taken(json.loads(json.dumps(event))))
        self._deliveries.add(task)
        task.add_done_callback(self._deliveries.discard)

    async def _until_taken(self, event: CloudEvent) -> None:
        pause = FIRST_PAUSE_SECONDS
        while True:
            try:
                return await self.deliver(event)
            except Exception as error:  # whatever ails the subscriber, the topic tries again
                log.warning("not delivered: %s", type(error).__name__)
                await asyncio.sleep(pause)
                pause = min(LONGEST_PAUSE_SECONDS, pause * 2)


def is_cloud_event(event: Any) -> bool:
    """Return whether Event Grid takes it: CloudEvents 1.0, attribute names in its alphabet."""
    if not isinstance(event, dict) or event.get("specversion") != "1.0":
        return False
    if not all(isinstance(event.get(name), str) and event[name] for name in REQUIRED_ATTRIBUTES):
        return False
    if not all(re.fullmatch(r"[a-z0-9]{1,20}|data_base64", name) for name in event):
        return False
    try:
        return "time" not in event or bool(datetime.fromisoformat(event["time"]))
    except (TypeError, ValueError):
        return False
