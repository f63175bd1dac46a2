"""The simulated Teams keeps Teams' rules, and the real channel gets on with it."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self

import pytest
from aiohttp import ClientSession, web

from shared.activity import Activity, ConversationReference
from shared.channels.teams.channel import TeamsChannel
from shared.clients.http import HttpClient
from shared.errors import PermanentError, ReferenceGone, Rejected, TransientError
from shared.ports.channel import Request
from shared.settings import Settings
from simulators.faults import Faults
from simulators.teams import TeamsSimulator
from tests.contract.channels.connector import APP_ID, TENANT
from tests.contract.channels.teams import post, teams_bot

HI = Activity(type="message", text="hi", id="effect-1")


class Bot:
    """A messaging endpoint that takes requests apart with the real channel."""

    def __init__(self, simulator: TeamsSimulator) -> None:
        self.simulator = simulator
        self.bot = teams_bot()
        self.http = HttpClient()
        environ = {"FABRIC_ENVIRONMENT": "local", **simulator.settings}
        settings = Settings.from_environ(environ)
        self.channel = TeamsChannel({self.bot.id: self.bot}, settings, self.http)
        self.heard: list[tuple[str, ConversationReference, Activity]] = []
        self.answers: list[int] = []
        self.held: list[asyncio.Event] = []

    async def __aenter__(self) -> Self:
        self._runner = web.ServerRunner(web.Server(self._receive))
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self.simulator.webhook = f"http://{host}:{port}/api/teams/helpdesk"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.close()
        await self._runner.cleanup()

    async def _receive(self, request: web.BaseRequest) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        path = {"bot": "helpdesk"}
        try:
            received = await self.channel.receive(
                Request("POST", path, {}, headers, await request.read())
            )
        except Rejected as refusal:
            return web.Response(status=refusal.status)
        for one in received.activities:
            self.heard.append((one.activity.id, one.reference, one.activity))
        if self.held:
            await self.held.pop(0).wait()
        return web.Response(status=self.answers.pop(0) if self.answers else 202)

    @property
    def place(self) -> ConversationReference:
        return self.heard[-1][1]

    async def send(self, activity: Activity = HI) -> str:
        return await self.channel.send(self.bot, self.place, activity)


@asynccontextmanager
async def simulated(**options: Any) -> AsyncIterator[tuple[TeamsSimulator, Bot]]:
    given: dict[str, Any] = {"app_id": APP_ID, "tenant": TENANT, "patience": 0.3}
    given |= {"anew_after": 0.01} | options
    async with TeamsSimulator(**given) as simulator, Bot(simulator) as bot:
        yield simulator, bot


@pytest.fixture
async def world() -> AsyncIterator[tuple[TeamsSimulator, Bot]]:
    async with simulated() as both:
        yield both


World = tuple[TeamsSimulator, Bot]

# --- tokens ------------------------------------------------------------------------------------


async def test_a_message_goes_in_and_its_answer_out_with_genuine_tokens(world: World) -> None:
    teams, bot = world

    delivery = await teams.say("hello")
    sent = await bot.send()

    assert delivery.statuses == [202]
    assert [activity.text for _, _, activity in bot.heard] == ["hello"]
    [said] = teams.transcript.said
    assert (said.text, said.id, said.reply_to) == ("hi", sent, delivery.ids[0])


async def test_a_token_that_is_not_from_here_is_refused(world: World) -> None:
    teams, bot = world
    await teams.say("hello")
    stranger = TeamsSimulator(app_id=APP_ID, tenant=TENANT)

    forged = stranger.tokens.inbound(teams.service_url)
    with pytest.raises(Rejected):
        await bot.channel.receive(post({"type": "message"}, authorization=f"Bearer {forged}"))
    url = f"{teams.service_url}v3/conversations/a%3Aanna/activities"
    async with (
        ClientSession() as session,
        session.post(url, json=HI, headers={"Authorization": "Bearer made-up"}) as answer,
    ):
        assert answer.status == 401


async def test_a_revoked_token_is_renewed(world: World) -> None:
    teams, bot = world
    await teams.say("hello")
    await bot.send()
    teams.tokens.revoke()

    await bot.send()

    assert teams.connector.answered[401] == 1
    assert teams.transcript.texts("a:anna") == ["hi", "hi"]


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"grant_type": "password"}, 400),
        ({"client_id": "another"}, 401),
        ({"client_secret": ""}, 401),
        ({"scope": "https://graph.microsoft.com/.default"}, 400),
        ({}, 200),
    ],
)
def test_the_token_endpoint_asks_for_client_credentials(form: dict[str, str], status: int) -> None:
    tokens = TeamsSimulator(app_id=APP_ID).tokens
    right = {
        "grant_type": "client_credentials",
        "client_id": APP_ID,
        "client_secret": "s3cret",
        "scope": "https://api.botframework.com/.default",
    }

    assert tokens.grant(right | form)[0] == status


# --- copies ------------------------------------------------------------------------------------


async def test_what_is_not_acknowledged_comes_again_under_its_id_then_under_a_new_one(
    world: World,
) -> None:
    teams, bot = world
    bot.answers = [500, 503]

    delivery = await teams.say("hello")

    first, second, third = [id for id, _, _ in bot.heard]
    assert first == second != third
    assert delivery.statuses == [500, 503, 202]
    times = [activity["timestamp"] for _, _, activity in bot.heard]
    assert times[0] == times[1]


async def test_what_takes_too_long_comes_again_while_it_is_still_under_way(world: World) -> None:
    teams, bot = world
    first = asyncio.Event()
    bot.held = [first]

    async with asyncio.timeout(30):
        delivery = await teams.say("hello")

    assert delivery.statuses == [0, 202]
    assert len({id for id, _, _ in bot.heard}) == 1
    first.set()


async def test_it_gives_up_after_the_third(world: World) -> None:
    teams, bot = world
    bot.answers = [500] * 3

    assert not (await teams.say("hello")).acknowledged
    assert len(bot.heard) == 3


async def test_what_is_refused_for_good_does_not_come_again(world: World) -> None:
    teams, bot = world
    bot.answers = [403]

    assert (await teams.say("hello")).statuses == [403]


@pytest.mark.parametrize(("fault", "distinct"), [("copy", 1), ("anew", 2)])
async def test_what_is_acknowledged_comes_twice_on_a_switch(
    world: World, fault: str, distinct: int
) -> None:
    teams, bot = world
    teams.faults.once(fault)

    await teams.say("hello")

    assert len(bot.heard) == 2
    assert len({id for id, _, _ in bot.heard}) == distinct


# --- who may write where -----------------------------------------------------------------------


async def test_who_was_thrown_out_is_not_in_the_roster(world: World) -> None:
    teams, bot = world
    await teams.say("hello")
    await teams.uninstall()

    with pytest.raises(ReferenceGone, match="BotNotInConversationRoster"):
        await bot.send()
    await teams.say("hello again")
    assert await bot.send()


async def test_an_unknown_conversation_is_not_found(world: World) -> None:
    teams, bot = world
    await teams.say("hello")
    teams.connector.members.clear()

    with pytest.raises(ReferenceGone, match="ConversationNotFound"):
        await bot.send()


async def test_a_message_has_at_most_100_kb_in_utf_16(world: World) -> None:
    teams, bot = world
    await teams.say("hello")

    await bot.send(Activity(HI, text="x" * 50_000))
    with pytest.raises(PermanentError, match="MessageSizeTooBig"):
        await bot.send(Activity(HI, text="x" * 51_300))


async def test_an_update_names_the_message_it_replaces(world: World) -> None:
    teams, bot = world
    await teams.say("hello")
    sent = await bot.send()

    assert await bot.send(Activity(HI, text="better", updateId=sent)) == sent
    assert [(said.id, said.text) for said in teams.transcript.said] == [
        (sent, "hi"),
        (sent, "better"),
    ]


async def test_the_people_of_a_thread_are_those_of_its_channel(world: World) -> None:
    teams, bot = world
    thread = "19:general@thread.tacv2;messageid=17"
    await teams.say("hello", conversation=thread, user="29:ben")
    token = await bot.channel.tokens.get(bot.bot, bot.bot.channels.teams)  # type: ignore[arg-type]

    url = f"{teams.service_url}v3/conversations/19%3Ageneral%40thread.tacv2"
    async with ClientSession(headers={"Authorization": f"Bearer {token}"}) as session:
        async with session.get(f"{url}/pagedmembers") as answer:
            assert [m["id"] for m in (await answer.json())["members"]] == ["29:ben"]
        async with session.get(f"{url}/members/29%3Azoe") as answer:
            assert answer.status == 404
    assert await bot.send()
    assert teams.transcript.texts(thread) == ["hi"]


# --- how often ---------------------------------------------------------------------------------


async def test_the_eighth_message_of_a_second_is_one_too_many(world: World) -> None:
    teams, bot = world
    await teams.say("hello")

    for _ in range(7):
        await bot.send()
    with pytest.raises(TransientError) as error:
        await bot.send()

    assert error.value.after == 1
    assert teams.connector.answered[429] == 1


async def test_an_app_has_its_own_limit_over_all_conversations() -> None:
    async with simulated(per_app=[(3, 60.0)]) as (teams, bot):
        for n in range(3):
            await teams.say("hello", conversation=f"a:{n}")
            await bot.send()
        with pytest.raises(TransientError):
            await bot.send()


@pytest.mark.parametrize("fault", ["412", "429", "500", "502"])
async def test_a_passing_fault_passes(world: World, fault: str) -> None:
    teams, bot = world
    await teams.say("hello")
    teams.faults.once(fault)

    with pytest.raises(TransientError):
        await bot.send()
    assert await bot.send()
    assert teams.transcript.texts("a:anna") == ["hi"]


async def test_a_lost_answer_is_of_a_message_that_was_taken(world: World) -> None:
    teams, bot = world
    await teams.say("hello")
    teams.faults.once("lost")

    with pytest.raises(TransientError) as error:
        await bot.send()

    assert error.value.maybe_done
    assert teams.transcript.texts("a:anna") == ["hi"]


async def test_the_roster_fault_is_final(world: World) -> None:
    teams, bot = world
    await teams.say("hello")
    teams.faults.once("403")

    with pytest.raises(ReferenceGone):
        await bot.send()


# --- streams -----------------------------------------------------------------------------------


def chunk(sequence: int | None, id: str = "", *, text: str = "so far", kind: str = "") -> Activity:
    info: dict[str, Any] = {"type": "streaminfo", "streamType": kind or "streaming"}
    if sequence is not None:
        info["streamSequence"] = sequence
    if id:
        info["streamId"] = id
    kind = "message" if kind == "final" else "typing"
    return Activity(type=kind, text=text, entities=[info])


class Clock:
    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def streaming(conversation: str = "a:anna") -> AsyncIterator[tuple[Clock, World]]:
    clock = Clock()
    async with simulated(clock=clock) as (teams, bot):
        await teams.say("hello", conversation=conversation)
        yield clock, (teams, bot)


async def test_a_stream_of_one_request_a_second_ends_as_one_message() -> None:
    async with streaming() as (clock, (teams, bot)):
        id = await bot.send(chunk(1, kind="informative", text="looking"))
        for n in (2, 3):
            clock.now += 1
            await bot.send(chunk(n, id))
        last = await bot.send(chunk(None, id, text="all of it", kind="final"))

        assert last == "", "as Agents Playground: 202 and an empty body"
        assert [(said.id, said.text) for said in teams.transcript.said] == [(id, "all of it")]


async def test_two_requests_within_a_second_are_one_too_many() -> None:
    async with streaming() as (clock, (_, bot)):
        id = await bot.send(chunk(1))
        clock.now += 0.9
        with pytest.raises(TransientError, match="429"):
            await bot.send(chunk(2, id))


async def test_a_request_that_was_overtaken_is_dropped() -> None:
    async with streaming() as (clock, (_, bot)):
        id = await bot.send(chunk(1))
        clock.now += 1
        await bot.send(chunk(3, id))
        clock.now += 1
        assert await bot.send(chunk(2, id)) == ""


@pytest.mark.parametrize("why", ["completed", "too_long", "stopped"])
async def test_a_stream_that_is_over_is_not_allowed(why: str) -> None:
    async with streaming() as (clock, (teams, bot)):
        id = await bot.send(chunk(1))
        clock.now += 1
        if why == "completed":
            await bot.send(chunk(None, id, kind="final"))
        elif why == "stopped":
            teams.connector.streams.stop()
        else:
            clock.now += 120
        with pytest.raises(PermanentError, match="ContentStreamNotAllowed"):
            await bot.send(chunk(2, id))


async def test_a_group_gets_no_stream() -> None:
    async with streaming("19:team@thread.v2") as (_, (_, bot)):
        with pytest.raises(PermanentError, match="ContentStreamNotAllowed"):
            await bot.send(chunk(1))


async def test_a_stream_begins_with_text() -> None:
    async with streaming() as (_, (_, bot)):
        with pytest.raises(PermanentError, match="BadRequest"):
            await bot.send(chunk(1, text=""))


# --- the switch --------------------------------------------------------------------------------


async def test_faults_are_switched_while_it_runs(world: World) -> None:
    teams, bot = world
    await teams.say("hello")
    control = f"{teams.server.url}/_control"
    async with ClientSession() as session:
        order = {"faults": {"429": [1, 3]}, "seed": 7}
        async with session.post(control, json=order) as answer:
            assert answer.status == 200
        with pytest.raises(TransientError) as error:
            await bot.send()
        assert error.value.after == 3
        await session.post(control, json={"faults": {"429": 0}})
        await bot.send()
        async with session.get(control) as answer:
            report = await answer.json()
        async with session.post(control, json={"faults": {"no-such": 1}}) as answer:
            assert answer.status == 400

    assert report["struck"] == {"429": 1}
    assert report["messages"] == 1


def test_a_seed_decides_when_faults_strike() -> None:
    def struck(seed: int) -> list[str]:
        faults = Faults({"a": "", "b": ""}, seed=seed)
        faults.parse("a:0.3")
        faults.parse("b:0.3:2")
        return [faults.strikes("a", "b") for _ in range(200)]

    assert struck(1) == struck(1) != struck(2)
    assert 40 < struck(1).count("a") < 80


@pytest.mark.parametrize("spec", ["", "a", "a:", "a:x", "a:2", "a:-1", "c:0.1", "a:0.1:x"])
def test_a_wrong_fault_is_refused(spec: str) -> None:
    with pytest.raises(ValueError, match="fault"):
        Faults({"a": ""}).parse(spec)
