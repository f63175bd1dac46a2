"""The app's webhook functions in this process, with a watch on everything they write."""

import asyncio
import hashlib
import hmac
import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, cast

import azure.functions as func
import pytest

from cli.function import EVENT_GRID, Function
from cli.webhooks import Webhooks
from functions import host
from functions.channels import directline, teams, whatsapp
from functions.operator import ROUTES
from functions.platform import events
from functions.skills import echo
from shared.fabric import Fabric
from simulators.teams import TeamsSimulator
from simulators.whatsapp import WhatsAppSimulator

ROOT = Path(__file__).parents[2]
APP_ID, TENANT = "7d1f0f3c-0c5e-4a57-9f0a-5b1f6f2f9a10", "c0ffee00-1111-4222-8333-444455556666"
NUMBER, SECRET, ORIGIN = "106540352242922", "app-secret-1", "https://intranet.contoso.example"
HOST = {"host": "127.0.0.1:7071"}
BOT = """
id = "{id}"
name = "Target"
owner = "tests@contoso.example"
department = "Tests"
skills = ["router", "knowledge", "tickets", "notify", "handoff", "echo"]
default_skill = "router"
knowledge = ["it"]
[limits]
turns_per_second = 100000
concurrency = 1000
turns_per_minute_per_conversation = 1000000
"""
GENUINE = f"""
[channels.teams]
app_id = "{APP_ID}"
tenant_id = "{TENANT}"
client_secret = "made-up"
[channels.whatsapp]
phone_number_id = "{NUMBER}"
[channels.web]
origins = ["{ORIGIN}"]
"""


def user_function(builder: Any) -> Any:
    return builder._function.get_user_function()


FUNCTIONS: dict[str, Any] = {
    "teams": user_function(teams.teams),
    "whatsapp": user_function(whatsapp.whatsapp),
    "generate": user_function(directline.generate),
    "refresh": user_function(directline.refresh),
    "conversations": user_function(directline.conversations),
    "conversation": user_function(directline.conversation),
    "activities": user_function(directline.activities),
    "upload": user_function(directline.upload),
    "session": user_function(directline.session),
    "redrive": ROUTES["dead_letters_redrive"].respond,
    "stop": ROUTES["stop"].respond,
}


class Watched:
    """Counts the calls that change something, and passes everything on."""

    def __init__(self, inner: Any, *names: str) -> None:
        self._inner = inner
        self._names = names
        self.calls = 0

    def __getattr__(self, name: str) -> Any:
        if name in self._names:
            self.calls += 1
        return getattr(self._inner, name)


@dataclass(frozen=True)
class Answer:
    """The status, the body, and how many writes and sends the request has led to."""

    status: int
    body: bytes
    effects: int


class App:
    """Two bots: `genuine` wants proof of everything, `local` takes Teams from this machine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stack = AsyncExitStack()
        self.teams = TeamsSimulator(app_id=APP_ID, tenant=TENANT)
        self.meta = WhatsAppSimulator(number=NUMBER, app_secret=SECRET, statuses=False)
        self.bodies = 0
        self.direct_line: dict[str, Any] = {}

    async def __aenter__(self) -> Self:
        bots = self._folder / "bots"
        bots.mkdir()
        (bots / "genuine.toml").write_text(BOT.format(id="genuine") + GENUINE)
        (bots / "local.toml").write_text(BOT.format(id="local") + "[channels.teams]\n")
        await self._stack.enter_async_context(self.teams)
        await self._stack.enter_async_context(self.meta)
        self._environ = pytest.MonkeyPatch()
        settings = {
            "FABRIC_ENVIRONMENT": "local",
            "FABRIC_DATA_DIR": str(self._folder / "data"),
            "FABRIC_BOTS_DIR": str(bots),
            "FABRIC_KNOWLEDGE_DIR": str(ROOT / "knowledge"),
            "FABRIC_SQLITE_SYNCHRONOUS": "NORMAL",
            "FABRIC_TRACES": "off",
            "FABRIC_EMBEDDINGS": "off",
            **self.teams.settings,
            **self.meta.settings,
        }
        for name, value in settings.items():
            self._environ.setenv(name, value)
        host.fabric.cache_clear()
        self._store = Watched(self.fabric.store, "write")
        self._bus = Watched(self.fabric.bus, "send")
        self.fabric.__dict__ |= {"store": self._store, "bus": self._bus}
        self.proof = f"Bearer {self.teams.tokens.inbound(self.teams.service_url)}"
        granted = await self.web("generate", {"bot": "genuine", "user": {"id": "ann"}}, token="")
        self.direct_line = json.loads(granted.body)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.fabric.close()
        await self._stack.aclose()
        self._environ.undo()
        host.fabric.cache_clear()

    @property
    def fabric(self) -> Fabric:
        return host.fabric()

    async def call(
        self,
        function: str,
        body: bytes,
        headers: Mapping[str, str],
        *,
        method: str = "POST",
        path: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Answer:
        request = func.HttpRequest(
            method=method,
            url="http://localhost/",
            headers=headers,
            params=query or {},
            route_params=path or {},
            body=body,
        )
        return await self._run(FUNCTIONS[function](request))

    async def to_teams(self, body: Any, *, bot: str = "genuine", **headers: str) -> Answer:
        proof = {"authorization": self.proof} if bot == "genuine" else HOST
        full = {"content-type": "application/json", **proof, **named(headers)}
        return await self.call("teams", raw(body), full, path={"bot": bot})

    async def to_whatsapp(self, body: Any, **headers: str) -> Answer:
        content = raw(body)
        digest = hmac.new(SECRET.encode(), content, hashlib.sha256).hexdigest()
        full = {"x-hub-signature-256": f"sha256={digest}", **named(headers)}
        return await self.call("whatsapp", content, full)

    async def web(
        self, function: str, body: Any = b"", *, token: str | None = None, **more: str
    ) -> Answer:
        """A Direct Line call in the conversation under way; `token` "" leaves it out."""
        secret = self.direct_line.get("token", "") if token is None else token
        proof = {"authorization": f"Bearer {secret}"} if secret else {}
        method = more.pop("method", "POST")
        id = more.pop("conversation", self.direct_line.get("conversationId", ""))
        full = {"origin": ORIGIN, "content-type": "application/json", **proof, **named(more)}
        path = {"conversation": id} if function in ("conversation", "activities", "upload") else {}
        return await self.call(function, raw(body), full, method=method, path=path)

    async def to_skill(self, body: Any) -> Answer:
        request = func.HttpRequest(method="POST", url="http://localhost/", body=raw(body))
        http = next(f for f in echo.bp._function_builders if "_http" in str(name_of(f)))
        return await self._run(user_function(http)(request))

    async def to_event_grid(self, body: Any, **headers: str) -> Answer:
        call = user_function(events.events_grid)
        hooks = Webhooks([Function("events_grid", {"type": EVENT_GRID, "name": "event"}, call)])
        return await self._run(hooks.event_grid("POST", "events_grid", named(headers), raw(body)))

    async def _run(self, call: Any) -> Answer:
        self.bodies += 1
        before = self._store.calls + self._bus.calls
        response = await call
        effects = self._store.calls + self._bus.calls - before
        if isinstance(response, func.HttpResponse):
            return Answer(response.status_code, response.get_body(), effects)
        return Answer(response.status, response.body or b"", effects)


def name_of(builder: Any) -> str:
    return cast("str", builder._function.get_function_name())


def named(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def raw(body: Any) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body).encode()


@contextmanager
def running(folder: Path) -> Iterator[tuple[App, asyncio.AbstractEventLoop]]:
    """An app, and the loop that its calls are run on, one after the other."""
    logger = logging.getLogger("fabric")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    loop = asyncio.new_event_loop()
    app = App(folder)
    try:
        loop.run_until_complete(app.__aenter__())
        yield app, loop
    finally:
        loop.run_until_complete(app.__aexit__())
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
        logger.setLevel(level)
