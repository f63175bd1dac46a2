"""What goes wrong between us and a model, with the real SDK and a server that misbehaves."""

import asyncio
import json
import logging
import os
import random
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from shared.ai.metered import Metered
from shared.ai.openai import Endpoint, OpenAIModel, token
from shared.ai.openai_errors import FILTERED
from shared.ai.openai_models import OpenAIModels
from shared.ai.pool import Member, Pool
from shared.clients.breaker import Breaker
from shared.errors import PermanentError, Refused, TransientError, Unavailable
from shared.observability.meter import Meter, metering
from shared.ports.models import ChatModel, Usage
from stand_ins.openai.faults import Fault, Kind
from stand_ins.openai.server import KEY, OpenAIServer

MESSAGES = [
    {"role": "system", "content": "The office opens at eight. The canteen opens at noon."},
    {"role": "user", "content": "When does the office open?"},
]


BEGINNING = ["The", " office", " opens", " at", " eight."]
"""Half of the answer, which is where a stream breaks."""


class Time:
    """A clock that only moves when somebody sleeps or the test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


class Desk:
    """Makes models and pools of one server, and closes what it opened."""

    def __init__(self, server: OpenAIServer) -> None:
        self.server = server
        self.time = Time()
        self.breakers: dict[str, Breaker] = {}
        self._endpoints: list[Endpoint] = []

    def model(
        self, deployment: str = "gpt", *, azure: bool = True, key: Any = KEY, seconds: float = 5.0
    ) -> OpenAIModel:
        path, provider = ("/openai/v1/", "azure.ai.openai") if azure else ("/v1/", "openai")
        url = self.server.url + path
        self._endpoints.append(Endpoint(url, provider=provider, key=key, seconds=seconds))
        return OpenAIModel(self._endpoints[-1], deployment)

    def pool(
        self, *deployments: str, priorities: tuple[int, ...] = (), budget: float = 60.0
    ) -> Pool:
        first = self.model(deployments[0])
        members = []
        for place, name in enumerate(deployments):
            self.breakers[name] = Breaker(name, clock=self.time)
            model = OpenAIModel(self._endpoints[-1], name) if place else first
            priority = priorities[place] if priorities else place
            members.append(Member(Metered(model, "smart"), self.breakers[name], priority))
        return Pool("smart", members, budget=budget, clock=self.time, sleep=self.time.sleep)

    async def close(self) -> None:
        for endpoint in self._endpoints:
            await endpoint.close()


@pytest.fixture
async def server() -> AsyncIterator[OpenAIServer]:
    async with OpenAIServer() as made:
        yield made


@pytest.fixture
async def desk(server: OpenAIServer) -> AsyncIterator[Desk]:
    made = Desk(server)
    yield made
    await made.close()


async def said(pool: Pool) -> str:
    return (await pool.complete(MESSAGES)).text


async def read(model: ChatModel, pieces: list[str]) -> None:
    """Read a stream, however far it goes."""
    async for piece in model.stream(MESSAGES):
        pieces.append(piece)


# --- one deployment ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "low", "high"),
    [
        ({"Retry-After": "7"}, 7, 7),
        ({"retry-after-ms": "1500", "Retry-After": "7"}, 1.5, 1.5),
        ({"Retry-After": "999999999"}, 3600, 3600),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
async def test_throttling_says_how_long_to_wait(
    desk: Desk, headers: dict[str, str], low: float, high: float, status: int
) -> None:
    desk.server.fail(Fault(status=status, headers=headers))
    with pytest.raises(Unavailable) as caught:
        await desk.model().complete(MESSAGES)
    assert caught.value.after is not None
    assert low <= caught.value.after <= high


@pytest.mark.parametrize(("seconds", "low", "high"), [(400, 350, 400), (-400, 0, 0)])
async def test_a_wait_may_be_a_date(desk: Desk, seconds: float, low: float, high: float) -> None:
    then = format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)
    desk.server.fail(Fault(status=429, headers={"Retry-After": then}))
    with pytest.raises(Unavailable) as caught:
        await desk.model().complete(MESSAGES)
    assert caught.value.after is not None
    assert low <= caught.value.after <= high


@pytest.mark.parametrize("value", ["", "soon", "nan", "-1x"])
async def test_a_wait_that_is_none_leaves_the_delay_to_us(desk: Desk, value: str) -> None:
    desk.server.fail(Fault(status=429, headers={"Retry-After": value}))
    with pytest.raises(Unavailable) as caught:
        await desk.model().complete(MESSAGES)
    assert caught.value.after is None


@pytest.mark.parametrize("status", [408, 409, 500, 502, 504])
async def test_a_server_error_is_tried_again_later(desk: Desk, status: int) -> None:
    desk.server.fail(Fault(status=status))
    with pytest.raises(Unavailable, match=str(status)):
        await desk.model().complete(MESSAGES)


async def test_the_sdk_does_not_retry_by_itself(desk: Desk) -> None:
    desk.server.fail(Fault(status=500), None)
    with pytest.raises(Unavailable):
        await desk.model().complete(MESSAGES)
    assert desk.server.given["gpt", "calls"] == 1


@pytest.mark.parametrize("kind", ["hang", "drop", "lost", "garbage"])
async def test_no_answer_may_have_been_paid_for(desk: Desk, kind: Kind) -> None:
    desk.server.fail(Fault(kind))
    with metering() as meter, pytest.raises(Unavailable) as caught:
        await Metered(desk.model(seconds=0.3), "smart").complete(MESSAGES)
    assert caught.value.maybe_done
    [call] = meter.calls
    assert call.outcome == {"hang": "timeout", "garbage": "malformed"}.get(kind, "connection")
    assert call.usage.input_tokens > 0


async def test_a_closed_port_has_done_nothing(desk: Desk) -> None:
    model = desk.model()
    await desk.server.stop()
    with metering() as meter, pytest.raises(Unavailable) as caught:
        await Metered(model, "smart").complete(MESSAGES)
    assert not caught.value.maybe_done
    assert meter.calls[0].usage == Usage()


@pytest.mark.parametrize("kind", ["truncate", "cut"])
async def test_a_stream_that_breaks_raises(desk: Desk, kind: Kind) -> None:
    desk.server.fail(Fault(kind))
    pieces: list[str] = []
    with metering() as meter, pytest.raises(Unavailable):
        await read(Metered(desk.model(), "smart"), pieces)
    assert pieces == BEGINNING
    [call] = meter.calls
    assert call.outcome in ("connection", "truncated")
    assert call.usage.output_tokens > 0


@pytest.mark.parametrize(
    ("azure", "names"),
    [(True, ("FABRIC_AI_KEY", "Cognitive Services OpenAI User")), (False, ("FABRIC_AI_KEY",))],
)
async def test_a_wrong_key_names_what_to_mend(
    desk: Desk, azure: bool, names: tuple[str, ...]
) -> None:
    model = desk.model(azure=azure, key="wrong-key")
    with pytest.raises(Unavailable) as caught:
        await model.complete(MESSAGES)
    for text in (str(caught.value), await model.check()):
        assert all(name in text for name in names)
        assert "wrong-key" not in text


async def test_an_unknown_deployment_names_the_setting(desk: Desk) -> None:
    desk.server.deployments = frozenset({"other"})
    with pytest.raises(Unavailable, match=r"no deployment 'gpt'.*FABRIC_AI_MODELS"):
        await desk.model().complete(MESSAGES)


@pytest.mark.parametrize("fault", [Fault(status=400, code="content_filter"), Fault("filtered")])
async def test_the_content_filter_tells_the_person(desk: Desk, fault: Fault) -> None:
    desk.server.fail(fault)
    with pytest.raises(Refused) as caught:
        await desk.model().complete(MESSAGES)
    assert caught.value.phrase == FILTERED


@pytest.mark.parametrize(
    ("code", "reason"),
    [("context_length_exceeded", "context_length_exceeded"), ("unsupported", "model_request")],
)
async def test_a_request_that_is_no_good_is_not_tried_again(
    desk: Desk, code: str, reason: str
) -> None:
    desk.server.fail(Fault(status=400, code=code))
    with pytest.raises(PermanentError) as caught:
        await desk.pool("gpt", "other").complete(MESSAGES)
    assert caught.value.reason == reason
    assert len(desk.server.asked) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500])
async def test_no_error_repeats_what_the_service_wrote(desk: Desk, status: int) -> None:
    desk.server.fail(Fault(status=status))
    with pytest.raises((TransientError, PermanentError)) as caught:
        await desk.model().complete(MESSAGES)
    assert "SECRET" not in str(caught.value)
    assert caught.value.__suppress_context__


class Identity:
    """A token credential: gives its tokens one after the other, or none."""

    def __init__(self, *tokens: str) -> None:
        self.tokens = list(tokens)

    async def get_token(self, scope: str) -> Any:
        assert scope == "https://cognitiveservices.azure.com/.default"
        if not self.tokens:
            raise RuntimeError("no identity here, and a SECRET")
        return type("Token", (), {"token": self.tokens.pop(0)})()


async def test_without_a_key_each_call_asks_the_identity(desk: Desk) -> None:
    identity = Identity("old", KEY)
    model = desk.model(key=lambda: token(identity))
    with pytest.raises(Unavailable, match="Cognitive Services OpenAI User"):
        await model.complete(MESSAGES)
    assert (await model.complete(MESSAGES)).text
    with pytest.raises(Unavailable, match="no token") as caught:
        await model.complete(MESSAGES)
    assert "SECRET" not in str(caught.value)


async def test_a_key_that_rotates_is_picked_up(server: OpenAIServer) -> None:
    vault = {"keyvault://place": "old"}

    async def secret(value: str) -> str:
        return vault[value]

    models = OpenAIModels(
        f"openai://{server.host}",
        "",
        base_url=lambda host: f"http://{host}",
        key="keyvault://place",
        secret=secret,
        credential=Identity,  # type: ignore[arg-type]
        budget=2.0,
    )
    with pytest.raises(Unavailable, match="FABRIC_AI_KEY"):
        await said(models.named("gpt"))
    vault["keyvault://place"] = KEY
    assert await said(models.named("other"))
    await models.close()


# --- several -----------------------------------------------------------------------------------


async def test_the_next_deployment_answers_when_the_first_is_throttled(desk: Desk) -> None:
    throttled = Fault(status=429, headers={"Retry-After": "20"})
    desk.server.fault = lambda name: throttled if name == "main" else None
    pool = desk.pool("main", "spare")
    for _ in range(3):
        assert await said(pool)
    assert [body["model"] for body in desk.server.asked] == ["main", "spare", "spare", "spare"]
    desk.server.fault = lambda name: None
    desk.time.now += 20
    assert await said(pool)
    assert desk.server.asked[-1]["model"] == "main"


async def test_an_outage_of_the_first_reaches_nobody(desk: Desk) -> None:
    pool = desk.pool("main", "spare")
    down = True
    desk.server.fault = lambda name: Fault(status=500) if down and name == "main" else None
    began = desk.time.now
    while desk.time.now < began + 30:
        assert await said(pool)
        desk.time.now += 0.5
    assert desk.breakers["main"].is_open
    assert desk.server.given["main", "calls"] <= 5
    assert desk.server.given["spare", "calls"] == 60
    down = False
    desk.time.now += 15
    assert await said(pool)
    assert not desk.breakers["main"].is_open
    assert desk.server.asked[-1]["model"] == "main"


async def test_one_call_probes_while_the_others_use_the_spare(desk: Desk) -> None:
    pool = desk.pool("main", "spare")
    desk.server.fault = lambda name: Fault(status=500) if name == "main" else None
    for _ in range(3):
        assert await said(pool)
    before = desk.server.given["main", "calls"]
    desk.time.now += 15
    assert all(await asyncio.gather(*(said(pool) for _ in range(10))))
    assert desk.server.given["main", "calls"] == before + 1


async def test_equals_share_the_load(desk: Desk) -> None:
    pool = desk.pool("east", "west", "spare", priorities=(1, 1, 2))
    for _ in range(10):
        await said(pool)
    calls = {name: desk.server.given[name, "calls"] for name in ("east", "west", "spare")}
    assert calls == {"east": 5, "west": 5, "spare": 0}


@pytest.mark.parametrize("key", ["$WEST_KEY", ""])
async def test_a_key_goes_to_no_other_resource(server: OpenAIServer, key: str) -> None:
    """What another resource gets is its own key, or the token of the app's identity."""
    async with OpenAIServer(key="west-key") as west:
        entry = {"deployment": "gpt", "url": f"azure-openai://{west.host}", "key": key}
        models = OpenAIModels(
            f"azure-openai://{server.host}",
            json.dumps({"default": [entry], "home": "gpt"}),
            base_url=lambda host: f"http://{host}",
            key=KEY,
            credential=lambda: Identity("west-key"),  # type: ignore[arg-type,return-value]
            environ={"WEST_KEY": "west-key"},
        )
        for alias in ("default", "home"):
            assert await said(models.named(alias))
        await models.close()
        assert [len(server.asked), len(west.asked)] == [1, 1]


async def test_a_short_trouble_is_waited_out(desk: Desk) -> None:
    desk.server.fail(Fault(status=500), Fault(status=429, headers={"Retry-After": "2"}), None)
    began = desk.time.now
    assert await said(desk.pool("only"))
    assert 2.25 <= desk.time.now - began < 10


async def test_when_all_fail_the_turn_is_told_how_long_to_wait(desk: Desk) -> None:
    desk.server.fail(Fault(status=429, headers={"Retry-After": "25"}))
    pool = desk.pool("main", "spare")
    for _ in range(2):
        with pytest.raises(Unavailable, match="no deployment of smart answers") as caught:
            await said(pool)
        assert caught.value.after == 25
    assert len(desk.server.asked) == 2


async def test_retries_keep_to_the_budget(desk: Desk) -> None:
    desk.server.fail(Fault(status=429, headers={"Retry-After": "4"}))
    began = desk.time.now
    with pytest.raises(Unavailable):
        await said(desk.pool("only", budget=11))
    assert desk.time.now - began <= 11
    assert len(desk.server.asked) == 3


async def test_a_call_that_hangs_ends_with_the_budget(desk: Desk) -> None:
    desk.server.fail(Fault("hang"))
    with metering() as meter, pytest.raises(Unavailable, match="no answer within") as caught:
        await said(desk.pool("main", "spare", budget=0.2))
    assert caught.value.maybe_done
    assert [call.outcome for call in meter.calls] == ["aborted"]


@pytest.mark.parametrize(("waited", "calls"), [(12.0, 3), (1.0, 5)])
async def test_a_deployment_is_spared_on_which_callers_give_up(
    desk: Desk, waited: float, calls: int
) -> None:
    desk.server.fault = lambda name: Fault("hang") if name == "main" else None
    pool = desk.pool("main", "spare")
    for number in range(5):
        call = asyncio.create_task(said(pool))
        async with asyncio.timeout(5):
            while len(desk.server.asked) <= number:  # noqa: ASYNC110 -- the server has no news
                await asyncio.sleep(0)
        desk.time.now += waited
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
    assert desk.server.given["main", "calls"] == calls


async def test_a_stream_may_be_the_probe(desk: Desk) -> None:
    pool = desk.pool("main")
    desk.server.fail(Fault(status=500))
    with pytest.raises(Unavailable):
        await read(pool, [])
    assert desk.breakers["main"].is_open
    desk.server.fail(None)
    desk.time.now += 15
    await read(pool, [])
    assert not desk.breakers["main"].is_open


async def test_a_stream_is_begun_again_only_before_its_first_piece(desk: Desk) -> None:
    desk.server.fail(Fault(status=500), None)
    pool = desk.pool("main", "spare")
    assert "".join([piece async for piece in pool.stream(MESSAGES)]) == await said(pool)
    desk.server.fail(Fault("truncate"), None)
    pieces: list[str] = []
    asked = len(desk.server.asked)
    with pytest.raises(Unavailable):
        await read(pool, pieces)
    assert pieces == BEGINNING
    assert len(desk.server.asked) == asked + 1


async def test_streams_that_break_open_the_breaker(desk: Desk) -> None:
    desk.server.fault = lambda name: Fault("truncate") if name == "main" else None
    pool = desk.pool("main", "spare")
    broken = 0
    for _ in range(10):
        try:
            await read(pool, [])
        except Unavailable:
            broken += 1
    assert broken == 3
    assert desk.breakers["main"].is_open


# --- the ledger --------------------------------------------------------------------------------

CALLS = int(os.environ.get("FABRIC_TEST_AI_CALLS", "1000"))


async def use(pool: Pool, dice: random.Random) -> None:
    """One call of a bot: in half of them a stream, in one of twenty left in the middle."""
    length = dice.randrange(1, 30)
    text = " ".join(f"word{n}" for n in range(length)) + " and the office opens at eight."
    messages = [{"role": "system", "content": text}, MESSAGES[1]]
    chance = dice.random()
    if chance < 0.05:
        async with aclosing(pool.stream(messages)) as pieces:
            await anext(pieces)
    elif chance < 0.5:
        assert "".join([piece async for piece in pool.stream(messages)])
    elif chance < 0.6:
        await pool.embed([text, "more"])
    else:
        assert (await pool.complete(messages)).text


async def test_the_ledger_equals_the_providers_own_count(desk: Desk) -> None:
    dice = random.Random(7)
    faults = [
        Fault(status=429, headers={"retry-after-ms": "1"}),
        Fault(status=503, headers={"Retry-After": "0"}),
    ]
    desk.server.fault = lambda name: dice.choice(faults) if dice.random() < 0.05 else None
    pool = desk.pool("main", "spare", priorities=(1, 1))
    with metering() as meter:
        for _ in range(0, CALLS, 20):
            await asyncio.gather(*(use(pool, dice) for _ in range(20)))
    assert sum(call.outcome == "aborted" for call in meter.calls) > 0.03 * CALLS
    assert sum(call.outcome in ("429", "503") for call in meter.calls) > 0.03 * CALLS
    for name in ("main", "spare"):
        assert (
            len([c for c in meter.calls if c.deployment == name])
            == (desk.server.given[name, "calls"])
        )
        assert total(meter, name) == desk.server.count(name)


def total(meter: Meter, deployment: str) -> Usage:
    used = [call.usage for call in meter.calls if call.deployment == deployment]
    return Usage(sum(u.input_tokens for u in used), sum(u.output_tokens for u in used))


async def test_a_stream_that_is_dropped_without_a_word_is_metered(desk: Desk) -> None:
    model = Metered(desk.model(), "smart")
    with metering() as meter:
        async for _ in model.stream(MESSAGES):
            break
        async with asyncio.timeout(5):
            while not meter.calls:  # noqa: ASYNC110 -- the loop closes it, nobody tells when
                await asyncio.sleep(0)
    assert meter.calls[0].outcome == "aborted"
    assert total(meter, "gpt") == desk.server.count("gpt")


async def test_a_stream_is_charged_to_the_work_that_began_it(desk: Desk) -> None:
    with metering() as meter:
        pieces = Metered(desk.model(), "smart").stream(MESSAGES)
        await anext(pieces)
    await pieces.aclose()
    assert [call.outcome for call in meter.calls] == ["aborted"]


async def test_the_log_tells_of_a_call_in_the_words_of_the_convention(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.server.fail(Fault(status=429, headers={"Retry-After": "1"}), None)
    with caplog.at_level(logging.INFO, logger="fabric"):
        completion = await desk.pool("main").complete(MESSAGES)
    failed, done = (r.__dict__["fields"] for r in caplog.records if r.message == "ai.call")
    assert failed["error.type"] == "429"
    assert done | {"ms": 0} == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "azure.ai.openai",
        "gen_ai.request.model": "main",
        "gen_ai.response.model": "main-2026",
        "gen_ai.response.id": "chatcmpl-1",
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.usage.input_tokens": completion.usage.input_tokens,
        "gen_ai.usage.output_tokens": completion.usage.output_tokens,
        "gen_ai.usage.cache_read.input_tokens": completion.usage.cached_tokens,
        "gen_ai.usage.reasoning.output_tokens": 0,
        "alias": "smart",
        "ms": 0,
    }
    assert "office" not in str([r.__dict__ for r in caplog.records])
