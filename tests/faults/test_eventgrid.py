"""Event Grid that throttles, hangs, repeats and shuffles: each fact has its effect, once."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cached_property
from itertools import permutations
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from cli.trigger_data import grid_event
from functions.platform.events import cloud_event
from shared.errors import PermanentError, Unavailable
from shared.event import MAX_ROUNDS, Event
from shared.messaging.eventgrid import MAX_BYTES, EventGridTopic
from shared.pipeline.door import facts
from shared.pipeline.outbox import relay
from shared.ports.bus import Topic
from shared.skill import Skill
from shared.turn import Turn
from stand_ins.eventgrid.faults import Fault
from stand_ins.eventgrid.server import KEY, EventGridServer
from tests.contract.targets import into_queue
from tests.lab import Lab

FACT = Event(
    id="f1", type="ticket.created", subject="T-1", traceparent=f"00-{'a' * 32}-{'b' * 16}-01"
)


class Token:
    """A credential that always has a token."""

    async def get_token(self, *scopes: str, **_: Any) -> Any:
        from azure.core.credentials import AccessToken

        assert scopes == ("https://eventgrid.azure.net/.default",)
        return AccessToken("app-token", 4_000_000_000)

    async def close(self) -> None: ...


class NoToken(Token):
    """The credential of an app that has no identity."""

    async def get_token(self, *scopes: str, **_: Any) -> Any:
        from azure.core.exceptions import ClientAuthenticationError

        raise ClientAuthenticationError("the endpoint of the identity says: s3cret")


@pytest.fixture
async def server() -> AsyncIterator[EventGridServer]:
    async def nowhere(_: dict[str, Any]) -> None: ...

    async with EventGridServer(nowhere) as server:
        yield server


@pytest.fixture
async def topic(server: EventGridServer) -> AsyncIterator[Callable[..., EventGridTopic]]:
    """Make a client of `server`, by default with its key; closed at the end."""
    made: list[EventGridTopic] = []

    def make(url: str = "", **options: Any) -> EventGridTopic:
        given = options if "credential" in options else {"key": KEY, **options}
        made.append(EventGridTopic(url or server.url, **given))
        return made[-1]

    yield make
    for client in made:
        await client.close()


Make = Callable[..., EventGridTopic]


def ids(server: EventGridServer) -> list[str]:
    return [event["id"] for event in server.published]


# --- what passes by itself -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "faults",
    [
        [Fault(429), Fault(503)],
        [Fault(500), Fault(408)],
        [Fault(kind="drop"), Fault(502)],
        [Fault(kind="hang")],
    ],
    ids=lambda faults: ", ".join(f.kind or str(f.status) for f in faults),
)
async def test_what_passes_by_itself_is_tried_again(
    server: EventGridServer, topic: Make, faults: list[Fault]
) -> None:
    server.faults.extend(faults)

    await topic(attempt=0.5).publish(FACT)

    assert ids(server) == ["f1"]
    assert len(server.heard) == len(faults) + 1


@pytest.mark.parametrize("form", ["seconds", "date"])
async def test_retry_after_is_kept_to(server: EventGridServer, topic: Make, form: str) -> None:
    moment = datetime.now(UTC) + timedelta(seconds=2)
    value = "1" if form == "seconds" else format_datetime(moment, usegmt=True)
    server.faults.append(Fault(429, {"Retry-After": value}))
    began = monotonic()

    await topic().publish(FACT)

    assert monotonic() - began >= (1.0 if form == "seconds" else 0.9)
    assert ids(server) == ["f1"]


async def test_a_lost_answer_publishes_the_same_id_again(
    server: EventGridServer, topic: Make
) -> None:
    server.faults.append(Fault(kind="lost"))

    await topic().publish(FACT)

    assert ids(server) == ["f1", "f1"]


# --- the budget ----------------------------------------------------------------------------------


@pytest.mark.alone
async def test_a_spent_budget_is_unavailable(server: EventGridServer, topic: Make) -> None:
    server.down = True
    began = monotonic()

    with pytest.raises(Unavailable, match="Event Grid"):
        await topic(budget=1.0).publish(FACT)

    assert monotonic() - began < 1.5
    assert len(server.heard) > 1


async def test_a_long_retry_after_is_left_to_the_outbox(
    server: EventGridServer, topic: Make
) -> None:
    server.faults.append(Fault(429, {"Retry-After": "30"}))

    with pytest.raises(Unavailable) as error:
        await topic().publish(FACT)

    assert error.value.after == 30
    assert len(server.heard) == 1


async def test_in_an_outage_not_every_turn_waits(server: EventGridServer, topic: Make) -> None:
    server.down = True
    client = topic(budget=0.2, pause=0.5)
    with pytest.raises(Unavailable):
        await client.publish(FACT)
    heard = len(server.heard)

    with pytest.raises(Unavailable) as error:
        await client.publish(FACT)

    assert len(server.heard) == heard
    assert error.value.after is not None
    server.down = False
    await asyncio.sleep(error.value.after)
    await client.publish(FACT)
    assert ids(server) == ["f1"]


async def test_a_host_that_is_not_there_is_unavailable(
    server: EventGridServer, topic: Make
) -> None:
    await server.__aexit__()

    with pytest.raises(Unavailable, match="no connection"):
        await topic(budget=0.2).publish(FACT)


# --- what somebody has to mend -------------------------------------------------------------------


async def test_a_wrong_key_names_the_setting(server: EventGridServer, topic: Make) -> None:
    with pytest.raises(Unavailable, match="401; set FABRIC_EVENTS_KEY") as error:
        await topic(key="c2VjcmV0").publish(FACT)

    assert len(server.heard) == 1
    assert "c2VjcmV0" not in str(error.value)


async def test_a_credential_without_the_role_names_the_role(
    server: EventGridServer, topic: Make
) -> None:
    server.faults.append(Fault(403))

    with pytest.raises(Unavailable, match="EventGrid Data Sender"):
        await topic(credential=Token()).publish(FACT)


async def test_a_credential_publishes(server: EventGridServer, topic: Make) -> None:
    server.token = "app-token"

    await topic(credential=Token()).publish(FACT)

    assert ids(server) == ["f1"]


async def test_an_app_without_identity_is_told_so(server: EventGridServer, topic: Make) -> None:
    with pytest.raises(Unavailable, match="AZURE_CLIENT_ID") as error:
        await topic(credential=NoToken()).publish(FACT)

    assert server.heard == []
    assert "s3cret" not in str(error.value)


async def test_neither_key_nor_credential_is_told_too(topic: Make) -> None:
    with pytest.raises(Unavailable, match="FABRIC_EVENTS_KEY"):
        await topic(key="").publish(FACT)


async def test_a_wrong_path_names_the_setting(server: EventGridServer, topic: Make) -> None:
    with pytest.raises(Unavailable, match="FABRIC_EVENTS_URL"):
        await topic(server.url.removesuffix("/events")).publish(FACT)


@pytest.mark.parametrize(
    ("status", "reason"), [(400, "CloudEventSchemaV1_0"), (413, "fact_too_large")]
)
async def test_what_the_topic_never_takes_is_final(
    server: EventGridServer, topic: Make, status: int, reason: str
) -> None:
    server.faults.append(Fault(status))

    with pytest.raises(PermanentError, match=reason):
        await topic().publish(FACT)

    assert len(server.heard) == 1


# --- size and form -------------------------------------------------------------------------------


async def test_a_fact_over_the_limit_is_not_sent(server: EventGridServer, topic: Make) -> None:
    large = Event(id="f2", type="large", data={"text": "é" * 200_000})

    with pytest.raises(PermanentError, match="fact_too_large"):
        await topic().publish(FACT, large)

    assert server.heard == []


async def test_many_facts_go_in_few_requests_below_the_limit(
    server: EventGridServer, topic: Make
) -> None:
    many = [Event(id=str(n), type="many", data={"text": "ü" * 40_000}) for n in range(10)]

    await topic().publish(*many)

    assert ids(server) == [str(n) for n in range(10)]
    assert len(server.heard) == 3
    assert all(len(json.dumps(body)) <= MAX_BYTES for body in server.heard)


async def test_a_fact_keeps_its_own_trace_and_time(server: EventGridServer, topic: Make) -> None:
    other = Event(id="f2", type="without.trace")

    await topic().publish(FACT, other)

    [kept, given] = server.published
    assert kept["traceparent"] == FACT.traceparent
    assert given["traceparent"].startswith("00-")
    assert given["traceparent"] != FACT.traceparent


# --- health --------------------------------------------------------------------------------------


async def test_check_publishes_nothing(server: EventGridServer, topic: Make) -> None:
    assert await topic().check() == ""
    assert server.heard == []


async def test_check_says_what_went_wrong_until_it_is_mended(
    server: EventGridServer, topic: Make
) -> None:
    client = topic(pause=0.01)
    server.faults.append(Fault(403))
    with pytest.raises(Unavailable):
        await client.publish(FACT)
    assert "403" in await client.check()

    await asyncio.sleep(0.01)
    await client.publish(FACT)

    assert await client.check() == ""
    await server.__aexit__()
    assert "no connection" in await client.check()


# --- the whole way -------------------------------------------------------------------------------


class GridLab(Lab):
    """A lab whose facts go through Event Grid."""

    grid: EventGridServer

    @cached_property
    def topic(self) -> Topic:
        return EventGridTopic(self.grid.url, key=KEY, budget=0.2, pause=0.05)


@pytest.fixture
async def grid_lab(tmp_path: Path) -> AsyncIterator[Callable[..., GridLab]]:
    """Make a lab of skills; `grid.deliver` decides how its facts come back."""
    made: list[GridLab] = []

    def make(*skills: Skill) -> GridLab:
        made.append(GridLab(tmp_path, *skills))
        return made[-1]

    async with EventGridServer(lambda _: asyncio.sleep(0)) as server:
        GridLab.grid = server
        yield make
        for fabric in made:
            await fabric.close()


def by_trigger(fabric: Lab) -> Callable[[dict[str, Any]], Any]:
    """Delivery to the function `events_grid`, with what the worker makes of the event."""

    async def deliver(event: dict[str, Any]) -> None:
        await facts.fan_out(fabric, cloud_event(grid_event(event)))

    return deliver


def by_queue(fabric: Lab) -> Callable[[dict[str, Any]], Any]:
    """Delivery to the function `events` by a queue that knows no duplicates."""

    async def deliver(event: dict[str, Any]) -> None:
        await facts.fan_out(fabric, json.dumps(event))

    return deliver


def teller() -> Skill:
    """Emits a fact for each message, named by its text."""
    skill = Skill("teller", "Tells")

    @skill.on_message
    async def tell(turn: Turn) -> None:
        turn.emit("lab.told", {"text": turn.text}, subject=f"S-{turn.text}")

    return skill


def listener(name: str) -> Skill:
    """Says what it hears, and how deep in the chain it is."""
    skill = Skill(name, "Listens")

    @skill.on_event("lab.told")
    async def hear(turn: Turn) -> None:
        turn.reply(f"{name} {turn.data['text']} {turn.event.hops}")

    return skill


async def test_the_outbox_keeps_a_fact_through_an_outage_and_publishes_it_once(
    grid_lab: Callable[..., GridLab],
) -> None:
    fabric = grid_lab(teller(), listener("one"))
    fabric.grid.deliver = into_queue(fabric.bus)
    fabric.grid.down = True
    key = await fabric.say("hello")
    await fabric.drain()
    for _ in range(3):
        await relay.sweep(fabric)
    assert len(await fabric.items(key, "outbox:")) == 1
    assert fabric.grid.published == []
    assert fabric.heard() == []

    fabric.grid.down = False
    async with asyncio.timeout(10):
        while await fabric.items(key, "outbox:"):
            await relay.sweep(fabric)
    await fabric.grid.settled()
    await fabric.drain()
    await relay.sweep(fabric)

    assert len(fabric.grid.published) == 1
    assert fabric.heard() == ["one hello 2"]


@pytest.mark.parametrize("way", [by_trigger, by_queue])
async def test_several_skills_hear_each_fact_once_though_it_comes_thrice_and_shuffled(
    grid_lab: Callable[..., GridLab], way: Callable[[Lab], Any]
) -> None:
    fabric = grid_lab(teller(), listener("one"), listener("two"))
    fabric.grid.deliver = way(fabric)
    fabric.grid.repeat, fabric.grid.shuffle = 3, True
    for text in "abcd":
        await fabric.say(text)
    await fabric.drain()

    await fabric.grid.release()
    await fabric.drain()

    assert len(fabric.grid.published) == 4
    assert sorted(fabric.heard()) == sorted(
        f"{who} {t} 2" for who in ("one", "two") for t in "abcd"
    )


async def test_the_two_ways_of_delivery_have_one_effect(
    grid_lab: Callable[..., GridLab],
) -> None:
    fabric = grid_lab(teller(), listener("one"))

    async def both(event: dict[str, Any]) -> None:
        await by_queue(fabric)(event)
        await by_trigger(fabric)(event)

    fabric.grid.deliver = both
    await fabric.say("a")
    await fabric.drain()
    await fabric.grid.settled()
    await fabric.drain()

    assert fabric.heard() == ["one a 2"]


@pytest.mark.parametrize("way", [by_trigger, by_queue])
async def test_cause_origin_and_trace_survive_the_trip(
    grid_lab: Callable[..., GridLab], way: Callable[[Lab], Any]
) -> None:
    heard: list[Event] = []
    ear = Skill("ear", "Hears")

    @ear.on_event("lab.told")
    async def hear(turn: Turn) -> None:
        heard.append(turn.event)

    fabric = grid_lab(teller(), ear)
    fabric.grid.deliver = way(fabric)
    key = await fabric.say("a", id="m1")
    await fabric.drain()
    await fabric.grid.settled()
    await fabric.drain()

    [fact], [event] = fabric.grid.published, heard
    assert (event.cause, event.origin) == (fact["id"], fact["origin"])
    assert (event.conversation, event.bot, event.subject) == (key, "lab", "S-a")
    assert event.traceparent.split("-")[1] == fact["traceparent"].split("-")[1]


@pytest.mark.parametrize("way", [by_trigger, by_queue])
async def test_a_chain_that_goes_in_circles_is_cut_wherever_it_passes(
    grid_lab: Callable[..., GridLab], way: Callable[[Lab], Any]
) -> None:
    echo = Skill("echo", "Repeats a fact for ever")

    @echo.on_event("lab.told")
    async def again(turn: Turn) -> None:
        turn.emit("lab.told", turn.data)

    fabric = grid_lab(teller(), echo)
    fabric.grid.deliver = way(fabric)
    key = await fabric.say("a")
    async with asyncio.timeout(30):
        while not await fabric.items(key, "dead:"):
            await fabric.drain()
            await fabric.grid.settled()

    [dead] = await fabric.items(key, "dead:")
    assert dead.body["reason"] == "goes_in_circles"
    assert [e["hops"] for e in fabric.grid.published] == list(range(1, 2 * MAX_ROUNDS + 2, 2))


# --- facts of others -----------------------------------------------------------------------------

OURS = {
    **{"specversion": "1.0", "id": "f1", "type": "lab.told", "source": "/bot-fabric/lab/teller"},
    **{"subject": "S-1", "time": "2026-03-01T10:00:00.25Z", "data": {"text": "a"}},
    **{"bot": "lab", "conversation": "lab/web/one", "origin": "m1", "cause": "m2"},
    **{"traceparent": FACT.traceparent, "attempt": 2, "hops": 3, "tracestate": "a=b"},
}
FOREIGN = {"specversion": "1.0", "id": "7", "type": "lab.told", "source": "/erp", "data": [1]}
GRID = {"id": "8", "eventType": "Erp.Made", "subject": "s", "topic": "/subscriptions/1", "data": {}}


def test_the_trigger_hands_on_our_facts_whole() -> None:
    fact = Event.from_json(cloud_event(grid_event(OURS)))

    assert fact == Event.from_dict({**OURS, "time": "2026-03-01T10:00:00.250000+00:00"})
    assert (fact.id, fact.hops, fact.cause) == ("f1", 3, "m2")


def test_the_trigger_reads_facts_of_others() -> None:
    foreign = Event.from_json(cloud_event(grid_event(FOREIGN)))
    grid = Event.from_json(cloud_event(grid_event({**GRID, "eventTime": "2026-03-01T10:00:00Z"})))

    assert (foreign.id, foreign.source, foreign.data) == ("7", "/erp", {"value": [1]})
    assert (foreign.bot, foreign.conversation, foreign.hops, foreign.time) == ("", "", 0, "")
    assert (grid.id, grid.type, grid.source) == ("8", "Erp.Made", "/subscriptions/1")
    assert (grid.subject, grid.began()) == ("s", 1772359200.0)


@pytest.mark.parametrize("order", list(permutations(["/erp", "/crm", "/erp"]))[:3], ids=str)
async def test_ids_of_others_are_unique_for_each_source_only(
    grid_lab: Callable[..., GridLab], order: tuple[str, ...]
) -> None:
    fabric = grid_lab(teller(), listener("one"))
    fabric.grid.deliver = by_trigger(fabric)
    await fabric.say("S")
    await fabric.drain()
    await fabric.grid.settled()
    await fabric.drain()
    told = len(fabric.heard())
    assert told == 1

    for source in order:
        event = {**FOREIGN, "source": source, "subject": "S-S", "data": {"text": source}}
        await by_trigger(fabric)(event)
    await fabric.drain()

    assert sorted(fabric.heard()[told:]) == ["one /crm 1", "one /erp 1"]
