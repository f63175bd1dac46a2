"""Facts go to a system outside, signed, once each, until it has taken them."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from shared.errors import PermanentError
from shared.event import Event
from shared.integrations.webhook import signature
from shared.manifest.webhooks import load_webhooks
from shared.pipeline.door import facts
from shared.pipeline.outbox.webhooks import PAUSES_SECONDS, deliver, pause_seconds
from shared.skill import Skill
from shared.turn import Turn
from tests.lab import Lab

SECRET = "the-first-secret-of-the-two"
NEXT = "the-second-secret-not-shorter"


@dataclass
class Receiver:
    """Somebody's endpoint: remembers what came, and answers what it is told to."""

    url: str = ""
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    came: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def receive(self, request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.came.append((headers, await request.read()))
        status, more = self.answers.pop(0) if self.answers else (204, {})
        return web.Response(status=status, headers=more)

    @asynccontextmanager
    async def serve(self) -> AsyncIterator["Receiver"]:
        app = web.Application()
        app.router.add_post("/hook", self.receive)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
        try:
            yield self
        finally:
            await runner.cleanup()

    def is_signed(self, number: int, secret: str) -> bool:
        """As anybody's code would check it, without ours."""
        headers, body = self.came[number]
        assert abs(time.time() - int(headers["webhook-timestamp"])) < 300
        text = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        digest = hmac.new(secret.encode(), text, hashlib.sha256).digest()
        return f"v1,{base64.b64encode(digest).decode()}" in headers["webhook-signature"].split()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver().serve() as receiver:
        yield receiver


@pytest.fixture
def fabric(lab: Callable[..., Lab], receiver: Receiver, tmp_path: Path) -> Lab:
    skill = Skill("desk", "Opens cases")

    @skill.on_message
    async def opened(turn: Turn) -> None:
        turn.emit("case.opened", {"number": 7}, subject="case 7")

    fabric = lab(skill)
    path = tmp_path / "webhooks.toml"
    path.write_text(
        f"""
        [[webhook]]
        name = "crm"
        url = "{receiver.url}"
        facts = ["case.*"]
        secret = "{SECRET}, {NEXT}"

        [[webhook]]
        name = "others"
        url = "{receiver.url}"
        facts = ["case.opened"]
        secret = "{SECRET}"
        bots = ["another"]
        """
    )
    fabric.webhooks = load_webhooks(path, {}, local=True)
    return fabric


async def copies(fabric: Lab) -> list[Event]:
    """What waits in the queue, taken out of it."""
    bus: Any = fabric.bus
    found = await bus.receive("webhooks", 10)
    for delivery in found:
        await bus.complete(delivery)
    return [Event.from_json(delivery.body) for delivery in found]


async def test_a_fact_of_a_turn_goes_out_signed(fabric: Lab, receiver: Receiver) -> None:
    await fabric.say("hello")
    await fabric.drain()

    [(headers, body)] = receiver.came
    told = json.loads(body)
    assert (told["type"], told["subject"], told["data"]) == ("case.opened", "case 7", {"number": 7})
    assert (told["specversion"], told["bot"]) == ("1.0", "lab")
    assert headers["content-type"] == "application/cloudevents+json"
    assert receiver.is_signed(0, SECRET)
    assert receiver.is_signed(0, NEXT)
    assert not receiver.is_signed(0, "a secret that nobody has here")


async def test_nothing_of_the_conversation_goes_with_it(fabric: Lab, receiver: Receiver) -> None:
    key = await fabric.say("hello")
    await fabric.drain()

    [(_, body)] = receiver.came
    assert key.encode() not in body
    assert {"conversation", "origin", "path"}.isdisjoint(json.loads(body))


async def test_a_fact_that_is_fanned_out_twice_goes_out_once(
    fabric: Lab, receiver: Receiver
) -> None:
    fact = Event("f1", "case.closed", subject="case 7").to_json()

    await facts.fan_out(fabric, fact)
    await facts.fan_out(fabric, fact)
    await fabric.drain()

    assert len(receiver.came) == 1


async def test_what_nobody_asked_for_stays(fabric: Lab, receiver: Receiver) -> None:
    await facts.fan_out(fabric, Event("f1", "order.shipped").to_json())
    await fabric.drain()

    assert receiver.came == []


@pytest.mark.parametrize("status", [429, 500, 503, 404, 302])
async def test_what_is_not_taken_comes_again_under_the_same_id(
    fabric: Lab, receiver: Receiver, status: int
) -> None:
    receiver.answers = [(status, {})]
    await facts.fan_out(fabric, Event("f1", "case.closed").to_json())
    [copy] = await copies(fabric)

    await deliver(fabric, copy)
    await deliver(fabric, copy.retry("webhook"))

    first, second = (headers["webhook-id"] for headers, _ in receiver.came)
    assert first == second == copy.work_id
    bus: Any = fabric.bus
    assert (await bus.counts())["webhooks"]["scheduled"] == 1


@pytest.mark.parametrize(
    ("attempt", "after", "pause"),
    [(0, None, 10), (0, 120.0, 120), (0, 1.0, 10), (7, None, 86_400), (7, 1e9, 86_400)],
)
def test_the_pause_grows_and_keeps_to_retry_after(
    attempt: int, after: float | None, pause: float
) -> None:
    assert pause_seconds(attempt, after) == pause


async def test_after_the_last_try_it_is_a_dead_letter(fabric: Lab, receiver: Receiver) -> None:
    receiver.answers = [(500, {}), (410, {})]
    await facts.fan_out(fabric, Event("f1", "case.closed").to_json())
    [copy] = await copies(fabric)
    last = copy
    for _ in PAUSES_SECONDS:
        last = last.retry("webhook")

    with pytest.raises(PermanentError, match="webhook_failed"):
        await deliver(fabric, last)
    with pytest.raises(PermanentError, match="webhook_gone"):
        await deliver(fabric, copy)


async def test_a_webhook_that_was_removed_is_named(fabric: Lab) -> None:
    await facts.fan_out(fabric, Event("f1", "case.closed").to_json())
    [copy] = await copies(fabric)
    fabric.webhooks.webhook.clear()

    with pytest.raises(PermanentError, match="webhook_unknown"):
        await deliver(fabric, copy)


def test_the_signature_is_that_of_the_specification() -> None:
    """The example of Standard Webhooks, whose secret is in base64."""
    secret = "whsec_" + base64.b64encode(b"twenty-four bytes secret").decode()
    expected = hmac.digest(b"twenty-four bytes secret", b"msg_1.1614265330.{}", "sha256")

    assert signature("msg_1", 1614265330, b"{}", [secret]) == (
        f"v1,{base64.b64encode(expected).decode()}"
    )
