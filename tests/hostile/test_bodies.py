"""Over 10,000 bodies that nobody should send: no crash, no 5xx, no trace of what was refused."""

import asyncio
import gc
import json
import tracemalloc
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.pipeline.turns import settle
from shared.ports.bus import Delivery
from tests.hostile import corpus
from tests.hostile.app import APP_ID, NUMBER, TENANT, Answer, App, raw, running
from tests.hostile.mutations import some
from tests.operators import bearer

PLAN = {"teams": 2700, "local": 1300, "whatsapp": 3200, "web": 1100, "skill": 200, "grid": 250}
"""How many mutations each webhook gets, at least."""

EXAMPLES = 450
"""How many bodies Hypothesis makes, each posted to two webhooks."""

TURNS = 300
"""How many of the messages taken are handled as well."""

Post = Callable[[Any], Awaitable[Answer]]
World = tuple[App, asyncio.AbstractEventLoop]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running(tmp_path_factory.mktemp("hostile")) as both:
        yield both


def target(app: App, name: str) -> Post:
    """The webhook of that name; what is posted to it carries genuine proof."""
    posts: dict[str, Post] = {
        "teams": app.to_teams,
        "local": lambda body: app.to_teams(body, bot="local"),
        "whatsapp": app.to_whatsapp,
        "web": lambda body: app.web("activities", body),
        "generate": lambda body: app.web("generate", body, token=""),
        "start": lambda body: app.web("conversations", body),
        "skill": app.to_skill,
        "grid": app.to_event_grid,
        "redrive": lambda body: app.call("redrive", raw(body), bearer(app.fabric.settings)),
        "stop": lambda body: app.call("stop", raw(body), bearer(app.fabric.settings)),
        "upload": lambda body: app.web(
            "upload", body, content_type="multipart/form-data; boundary=b1"
        ),
    }
    return posts[name]


TARGETS = (
    *("teams", "local", "whatsapp", "web", "generate", "start", "skill", "grid", "upload"),
    *("redrive", "stop"),
)


def valid(app: App, name: str) -> list[Any]:
    here = app.teams.service_url
    bodies: dict[str, list[Any]] = {
        "teams": corpus.teams(here, APP_ID, TENANT),
        "local": corpus.teams(here, APP_ID, TENANT),
        "whatsapp": corpus.whatsapp(NUMBER),
        "web": corpus.direct_line(),
        "skill": [corpus.SKILL_CALL],
        "grid": [corpus.CLOUD_EVENT, corpus.GRID_EVENT],
    }
    return bodies[name]


def check(answer: Answer, body: Any) -> None:
    """No crash got this far; what is not taken has changed nothing."""
    about = repr(body)[:300]
    assert answer.status < 500 or answer.status == 501, f"{answer.status}: {about}"
    if answer.status >= 400:
        assert answer.effects == 0, f"{answer.status} with {answer.effects} effects: {about}"
        assert len(answer.body) < 200, about


def rss() -> int:
    """Bytes of memory of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


@pytest.mark.parametrize("name", TARGETS)
def test_what_is_not_json_is_refused(world: World, name: str) -> None:
    app, loop = world
    post = target(app, name)
    statuses: Counter[int] = Counter()
    for body in corpus.NOT_JSON:
        answer = loop.run_until_complete(post(body))
        check(answer, body)
        if name not in ("start", "upload", "grid"):
            harmless = name == "whatsapp" and answer.status == 200
            assert answer.status in (400, 404, 413) or harmless, body[:50]
        statuses[answer.status] += 1
        assert answer.effects == 0 or name == "start", body[:50]
    assert statuses[413] or name in ("grid", "upload", "whatsapp")


@pytest.mark.parametrize("name", PLAN)
def test_one_wrong_value_breaks_nothing(world: World, name: str) -> None:
    app, loop = world
    post = target(app, name)
    bodies = some(valid(app, name), PLAN[name])
    assert len(bodies) >= PLAN[name]
    statuses: Counter[int] = Counter()
    before = 0
    for number, body in enumerate(bodies):
        if number == len(bodies) // 2:
            gc.collect()
            before = rss()
        answer = loop.run_until_complete(post(body))
        check(answer, body)
        statuses[answer.status] += 1
    gc.collect()
    assert rss() - before < 12_000_000
    assert len(statuses) > 1, "some must be taken and some refused"


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner),
    max_leaves=12,
)
KEYS = st.sampled_from(
    [
        *("type", "id", "text", "value", "name", "from", "recipient", "conversation", "entities"),
        *("attachments", "channelData", "channelId", "serviceUrl", "entry", "changes", "field"),
        *("object", "messages", "statuses", "contacts", "metadata", "bot", "user", "specversion"),
    ]
)
BODIES = (
    st.dictionaries(KEYS, ANYTHING, max_size=8).map(json.dumps).map(str.encode)
    | ANYTHING.map(json.dumps).map(str.encode)
    | st.binary(max_size=200)
)


@given(body=BODIES, name=st.sampled_from(TARGETS), other=st.sampled_from(TARGETS))
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
def test_whatever_hypothesis_thinks_of(world: World, body: bytes, name: str, other: str) -> None:
    app, loop = world
    for one in (name, other):
        check(loop.run_until_complete(target(app, one)(body)), body)


def test_those_were_over_ten_thousand() -> None:
    """Counted before memory is measured, which posts a few hundred again and again."""
    assert sum(PLAN.values()) + len(corpus.NOT_JSON) * len(TARGETS) + 2 * EXAMPLES >= 10_000


def test_memory_stays_flat(world: World) -> None:
    app, loop = world
    bodies = [(name, body) for name in PLAN for body in some(valid(app, name), 15)]
    bodies += [(name, body) for name in TARGETS for body in corpus.NOT_JSON[:15]]

    def round_trip() -> int:
        for name, body in bodies:
            loop.run_until_complete(target(app, name)(body))
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        round_trip()
        second, third = round_trip(), round_trip()
    finally:
        tracemalloc.stop()
    assert third - second < 100_000


def test_what_was_taken_breaks_no_turn(world: World) -> None:
    """What the webhooks have enqueued above is handled; nothing dies of a bug."""
    app, loop = world
    bus: Any = app.fabric.bus
    handled = 0

    async def turn(delivery: Delivery) -> None:
        skill = app.fabric.skills[delivery.queue.removeprefix("skill-")]
        await settle.work(app.fabric, skill, delivery.body, app.fabric.bus.max_deliveries)
        await bus.complete(delivery)

    async def drain() -> int:
        nonlocal handled
        queues = [f"skill-{name}" for name in app.fabric.skills]
        while handled < TURNS and (
            found := [d for queue in queues for d in await bus.receive(queue, 20)]
        ):
            await asyncio.gather(*map(turn, found))
            handled += len(found)
        return handled

    assert loop.run_until_complete(drain()) > 100
    dead = loop.run_until_complete(app.fabric.store.find(None, "dead:", limit=1000))
    assert [item.body for item in dead if item.body["reason"] == "handler_error"] == []
