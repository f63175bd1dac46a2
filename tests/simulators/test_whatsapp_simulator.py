"""The simulated Meta keeps Meta's rules, and the real channel gets on with it."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, Self

import pytest
from aiohttp import web

from shared.activity import Activity, ConversationReference
from shared.channels.whatsapp.channel import WhatsAppChannel
from shared.clients.http import HttpClient
from shared.errors import PermanentError, Rejected, TransientError
from shared.ports.channel import Receipt, Request
from shared.settings import Settings
from simulators.whatsapp import WhatsAppSimulator
from simulators.whatsapp_message import problem
from tests.contract.channels.whatsapp import NUMBER, whatsapp_bot

HI = Activity(type="message", text="hi", id="effect-1")
DAY = 24 * 3600


class Bot:
    """A webhook that takes updates apart with the real channel."""

    def __init__(self, simulator: WhatsAppSimulator) -> None:
        self.simulator = simulator
        self.bot = whatsapp_bot()
        self.http = HttpClient()
        settings = Settings.from_environ({"FABRIC_ENVIRONMENT": "local", **simulator.settings})
        self.channel = WhatsAppChannel({self.bot.id: self.bot}, settings, self.http)
        self.heard: list[tuple[ConversationReference, Activity]] = []
        self.receipts: list[Receipt] = []
        self.answers: list[int] = []

    async def __aenter__(self) -> Self:
        self._runner = web.ServerRunner(web.Server(self._receive))
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self.simulator.webhook = f"http://{host}:{port}/api/whatsapp"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.close()
        await self._runner.cleanup()

    async def _receive(self, request: web.BaseRequest) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        try:
            if request.method == "GET":
                return web.Response(text=self.channel.verify(dict(request.rel_url.query)))
            received = await self.channel.receive(
                Request("POST", {}, {}, headers, await request.read())
            )
        except Rejected as refusal:
            return web.Response(status=refusal.status)
        self.heard += [(one.reference, one.activity) for one in received.activities]
        self.receipts += received.receipts
        return web.Response(status=self.answers.pop(0) if self.answers else 200)

    @property
    def place(self) -> ConversationReference:
        return self.heard[-1][0]

    async def send(self, activity: Activity = HI) -> str:
        return await self.channel.send(self.bot, self.place, activity)


@asynccontextmanager
async def simulated(**options: Any) -> AsyncIterator[tuple[WhatsAppSimulator, Bot]]:
    given: dict[str, Any] = {"number": NUMBER, "statuses": False, "resends": (0.01, 0.01)} | options
    async with WhatsAppSimulator(**given) as simulator, Bot(simulator) as bot:
        yield simulator, bot


World = tuple[WhatsAppSimulator, Bot]


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with simulated() as both:
        yield both


def code_of(error: pytest.ExceptionInfo[PermanentError]) -> str:
    return error.value.reason.removeprefix("whatsapp_")


# --- updates -----------------------------------------------------------------------------------


async def test_a_message_goes_in_signed_and_its_answer_out(world: World) -> None:
    meta, bot = world

    assert (await meta.say("Grüße/👋")).statuses == [200]
    sent = await bot.send()

    assert [activity.text for _, activity in bot.heard] == ["Grüße/👋"]
    [said] = meta.transcript.said
    assert (said.id, said.text, said.conversation) == (sent, "hi", "31655501001")


async def test_the_handshake_wants_the_challenge_back(world: World) -> None:
    meta, bot = world

    assert await meta.verify()
    bot.channel._settings = replace(bot.channel._settings, whatsapp_verify_token="another")
    assert not await meta.verify()


async def test_another_secret_is_another_sender(world: World) -> None:
    meta, bot = world
    meta._app_secret = "another"

    assert (await meta.say("hello")).statuses == [401, 401, 401]
    assert bot.heard == []


async def test_anything_but_200_comes_again(world: World) -> None:
    meta, bot = world
    bot.answers = [503, 202]

    assert (await meta.say("hello")).statuses == [503, 202, 200]
    assert len({activity.id for _, activity in bot.heard}) == 1


async def test_what_is_acknowledged_comes_twice_on_a_switch(world: World) -> None:
    meta, bot = world
    meta.faults.once("copy")

    assert (await meta.say("hello")).statuses == [200, 200]
    assert len({activity.id for _, activity in bot.heard}) == 1


async def test_a_message_is_sent_then_delivered_then_read() -> None:
    async with simulated(statuses=True) as (meta, bot):
        await meta.say("hello")
        sent = await bot.send()
        await meta.reported()

        assert [(one.message_id, one.status) for one in bot.receipts] == [
            (sent, "sent"),
            (sent, "delivered"),
            (sent, "read"),
        ]
        assert {one.reference.key for one in bot.receipts} == {bot.place.key}


async def test_statuses_come_out_of_order_and_as_failures_on_a_switch() -> None:
    async with simulated(statuses=True, seed=1) as (meta, bot):
        await meta.say("hello")
        meta.faults.set("shuffle", 1)
        for _ in range(5):
            await bot.send()
        await meta.reported()
        ids = {one.message_id for one in bot.receipts}
        orders = [[r.status for r in bot.receipts if r.message_id == id] for id in ids]
        assert all(sorted(order) == ["delivered", "read", "sent"] for order in orders)
        assert [order for order in orders if order != ["sent", "delivered", "read"]]

        meta.faults.once("failed")
        await bot.send()
        await meta.reported()
        assert ("failed", "131026") in [(one.status, one.error) for one in bot.receipts]


# --- what may be sent --------------------------------------------------------------------------


async def test_after_24_hours_only_a_template_goes(world: World) -> None:
    meta, bot = world
    now = time.time()
    await meta.say("hello", at=now - DAY + 60)
    assert await bot.send()

    await meta.say("hello", user="31655501002", at=now - DAY - 60)
    with pytest.raises(PermanentError) as error:
        await bot.send()
    assert code_of(error) == "131047"

    template = {"name": "resume", "language": {"code": "en"}}
    response = await bot.http.request(
        "POST",
        f"{meta.settings['FABRIC_WHATSAPP_GRAPH_URL']}/{NUMBER}/messages",
        headers={"authorization": f"Bearer {meta.settings['FABRIC_WHATSAPP_ACCESS_TOKEN']}"},
        json={
            "messaging_product": "whatsapp",
            "to": "31655501002",
            "type": "template",
            "template": template,
        },
    )
    assert response.status == 200


async def test_a_number_has_its_rate() -> None:
    async with simulated(per_second=3) as (meta, bot):
        await meta.say("hello")
        for _ in range(3):
            await bot.send()
        with pytest.raises(TransientError, match="130429"):
            await bot.send()


async def test_one_person_gets_a_burst_and_then_one_in_six_seconds() -> None:
    now = [time.time()]
    async with simulated(pair=(4, 6.0), clock=lambda: now[0]) as (meta, bot):
        await meta.say("hello")
        for _ in range(4):
            await bot.send()
        with pytest.raises(TransientError, match="131056"):
            await bot.send()
        now[0] += 6
        assert await bot.send()


async def test_another_token_and_another_number_are_refused(world: World) -> None:
    meta, bot = world
    await meta.say("hello")
    settings = bot.channel._settings
    bot.channel._settings = replace(settings, whatsapp_access_token="another")
    with pytest.raises(PermanentError) as error:
        await bot.send()
    assert code_of(error) == "190"

    bot.channel._settings = settings
    bot.bot = whatsapp_bot(phone_number_id="42")
    with pytest.raises(PermanentError) as error:
        await bot.send()
    assert code_of(error) == "33"


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("130429", TransientError),
        ("131056", TransientError),
        ("131000", TransientError),
        ("500", TransientError),
        ("131047", PermanentError),
    ],
)
async def test_a_fault_is_what_its_code_means(
    world: World, fault: str, error: type[Exception]
) -> None:
    meta, bot = world
    await meta.say("hello")
    meta.faults.once(fault)

    with pytest.raises(error):
        await bot.send()
    assert await bot.send()


async def test_a_lost_answer_is_of_a_message_that_was_taken(world: World) -> None:
    meta, bot = world
    await meta.say("hello")
    meta.faults.once("lost")

    with pytest.raises(TransientError) as error:
        await bot.send()

    assert error.value.maybe_done
    assert meta.transcript.texts("31655501001") == ["hi"]


async def test_only_what_a_person_wrote_can_be_marked_as_read(world: World) -> None:
    meta, bot = world
    await meta.say("hello", id="wamid.one")

    await bot.send(Activity(type="typing"))
    with pytest.raises(PermanentError):
        await bot.channel.send(
            bot.bot, replace(bot.place, reply_to="wamid.other"), Activity(type="typing")
        )

    assert meta.graph.read == ["wamid.one"]


def message(**fields: Any) -> dict[str, Any]:
    return {"messaging_product": "whatsapp", "to": "31655501001", **fields}


def buttons(*titles: str) -> dict[str, Any]:
    replies = [{"type": "reply", "reply": {"id": f"{n}", "title": t}} for n, t in enumerate(titles)]
    action = {"buttons": replies}
    return {"type": "button", "body": {"text": "Which?"}, "action": action}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (message(type="text", text={"body": "x" * 4096}), None),
        (message(type="text", text={"body": "x" * 4097}), 100),
        (message(type="text", text={"body": " "}), 100),
        (message(type="text"), 131008),
        (message(type="song"), 131009),
        ({"messaging_product": "whatsapp", "type": "text", "text": {"body": "x"}}, 131008),
        ({"to": "1", "type": "text", "text": {"body": "x"}}, 100),
        (message(type="interactive", interactive=buttons("a", "b", "c")), None),
        (message(type="interactive", interactive=buttons("a", "b", "c", "d")), 131009),
        (message(type="interactive", interactive=buttons("a", "a")), 131009),
        (message(type="interactive", interactive=buttons("a" * 21)), 100),
        (message(type="image", image={"link": "https://x.example/a.png"}), None),
        (message(type="image", image={}), 131008),
        (message(type="image", image={"id": "1", "caption": "x" * 1025}), 100),
    ],
)
def test_a_message_has_the_form_that_meta_documents(body: dict[str, Any], code: int | None) -> None:
    found = problem(body)

    assert (found[0] if found else None) == code
