"""A backend over HTTP keeps its limits, tries again what may be, and says what went wrong."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError

from shared.errors import Unavailable
from shared.integrations import gate, http_backend
from shared.integrations.access import Access
from shared.integrations.http_backend import HttpBackend
from shared.manifest.backends import BreakerLimits, Declaration
from shared.observability import trace
from shared.observability.log import JsonFormatter
from shared.ports.backend import BackendError, OutcomeUnknown, TurnBackend
from stand_ins.crm.server import KEY, CrmServer

Connect = Callable[..., TurnBackend]


@pytest.fixture
async def crm() -> AsyncIterator[CrmServer]:
    async with CrmServer() as server:
        yield server


@pytest.fixture
async def connect(crm: CrmServer) -> AsyncIterator[Connect]:
    """A turn's view of a backend with these limits; the same `backend` again for another turn."""
    made: list[HttpBackend] = []

    def no_credential() -> Any:
        raise AssertionError("a key needs no credential")

    def make(*, work: str = "w1", again: bool = False, **limits: Any) -> TurnBackend:
        declared = Declaration(**{"url": crm.url, "key": KEY, **limits})
        made.append(HttpBackend("crm", declared, Access(declared, no_credential)))
        return TurnBackend(made[-1], work, again=again)

    yield make
    for backend in made:
        await backend.close()


def keys(crm: CrmServer) -> list[str | None]:
    return [heard.headers.get("Idempotency-Key") for heard in crm.heard]


async def test_the_answer_is_its_json(connect: Connect) -> None:
    crm = connect()
    assert await crm.get("/customers/{id}", id="c-1") == {
        "id": "c-1",
        "name": "Ann",
        "tier": "gold",
    }
    assert (await crm.patch("/customers/{id}", id="c-1", json={"tier": "tin"}))["tier"] == "tin"
    assert (await crm.post("/tickets", json={"text": "broken"}))["id"] == "T-1"


async def test_what_is_not_there_is_none_for_a_get(connect: Connect) -> None:
    crm = connect()
    assert await crm.get("/customers/{id}", id="nobody") is None
    with pytest.raises(BackendError) as caught:
        await crm.patch("/customers/{id}", id="nobody", json={})
    assert caught.value.status == 404


async def test_what_it_declines_is_an_error_to_catch(connect: Connect, crm: CrmServer) -> None:
    with pytest.raises(BackendError) as caught:
        await connect().post("/tickets", json={"text": ""})
    error = caught.value
    assert (error.reason, error.status) == ("crm_422", 422)
    assert error.answer["field"] == "text"
    assert "text" not in str(error)
    assert len(crm.heard) == 1


# --- idempotency


async def test_a_turn_that_runs_again_sends_the_same_keys(connect: Connect, crm: CrmServer) -> None:
    for _ in range(2):
        turn = connect(work="w1")
        await turn.post("/tickets", json={"text": "one"})
        await turn.post("/tickets", json={"text": "two"})
    first, second, *again = keys(crm)
    assert first
    assert first != second
    assert again == [first, second]
    assert [ticket["text"] for ticket in crm.books.tickets.values()] == ["one", "two"]


async def test_a_request_keeps_its_key_when_another_is_not_needed(
    connect: Connect, crm: CrmServer
) -> None:
    first = connect()
    await first.patch("/customers/{id}", id="c-1", json={"tier": "tin"})
    await first.post("/tickets", json={"text": "one"})
    await connect().post("/tickets", json={"text": "one"})
    assert keys(crm)[1] == keys(crm)[2]


async def test_another_turn_has_other_keys(connect: Connect, crm: CrmServer) -> None:
    for work in ("w1", "w2"):
        await connect(work=work).post("/tickets", json={"text": "same"})
    assert len(crm.books.tickets) == 2


async def test_the_skills_own_key_goes_as_it_is(connect: Connect, crm: CrmServer) -> None:
    await connect().post("/tickets", json={"text": "one"}, idempotency_key="mine")
    await connect().get("/customers/{id}", id="c-1")
    assert keys(crm) == ["mine", None]


# --- faults


@pytest.mark.parametrize("kind", ["error", "lost"])
async def test_a_hiccup_is_tried_again_and_done_once(
    connect: Connect, crm: CrmServer, kind: Any
) -> None:
    await crm.fail(kind, count=2)
    assert (await connect().post("/tickets", json={"text": "one"}))["id"] == "T-1"
    assert len(crm.books.tickets) == 1
    assert len(crm.heard) == 3


async def test_a_copy_that_meets_the_first_at_work_waits_for_it(
    connect: Connect, crm: CrmServer
) -> None:
    turn = connect(timeout_seconds=0.2)
    await crm.fail("slow", seconds=0.5, count=1)
    filing = asyncio.create_task(turn.post("/tickets", json={"text": "one"}))
    await crm.until_heard(1)
    await crm.fail("busy", count=1)
    assert (await filing)["id"] == "T-1"
    assert len(crm.heard) == 3


async def test_a_turn_that_runs_again_waits_for_the_copy_of_its_first_run(
    connect: Connect, crm: CrmServer
) -> None:
    await crm.fail("busy", count=1, method="POST")
    ticket = await connect(again=True).post("/tickets", json={"text": "one"})
    assert ticket["id"] == "T-1"

    await crm.fail("busy")
    with pytest.raises(BackendError):
        await connect(again=True).get("/customers/{id}", id="c-1")


async def test_a_conflict_from_the_first_try_is_an_answer(connect: Connect, crm: CrmServer) -> None:
    await crm.fail("busy")
    with pytest.raises(BackendError):
        await connect().post("/tickets", json={"text": "one"})
    assert len(crm.heard) == 1


@pytest.mark.parametrize(
    ("kind", "seconds", "says"),
    [("down", 0, "no connection"), ("error", 0, "answers 500"), ("slow", 5, "Timeout")],
)
async def test_what_stays_down_is_unavailable(
    connect: Connect, crm: CrmServer, kind: Any, seconds: float, says: str
) -> None:
    turn = connect(timeout_seconds=0.2)
    await crm.fail(kind, seconds=seconds)
    with pytest.raises(Unavailable, match=f"crm.*{says}") as caught:
        await turn.get("/customers/{id}", id="c-1")
    assert caught.value.after is not None
    assert caught.value.after >= 1


async def test_trying_in_place_ends_with_patience(
    connect: Connect, crm: CrmServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_backend, "PATIENCE", 0.5)
    await crm.fail("slow", seconds=5)
    with pytest.raises(Unavailable):
        await connect(timeout_seconds=0.4, tries=10).get("/customers/{id}", id="c-1")
    assert len(crm.heard) == 1


@pytest.mark.parametrize("date", [False, True])
async def test_it_comes_back_when_it_is_told_to(
    connect: Connect, crm: CrmServer, date: bool
) -> None:
    turn = connect()
    await crm.fail("throttle", seconds=2, date=date, count=1)
    assert await turn.get("/customers/{id}", id="c-1")
    first, second = crm.heard
    assert second.at - first.at >= (2 if not date else 0.9)  # a date has whole seconds


async def test_a_long_wait_is_for_the_queue_and_all_keep_to_it(
    connect: Connect, crm: CrmServer
) -> None:
    turn = connect()
    await crm.fail("throttle", seconds=60)
    for _ in range(2):
        with pytest.raises(Unavailable, match="429") as caught:
            await turn.get("/customers/{id}", id="c-1")
        assert caught.value.after is not None
        assert 59 <= caught.value.after <= 73
    assert len(crm.heard) == 1


async def test_without_a_key_what_may_be_done_is_not_done_again(
    connect: Connect, crm: CrmServer
) -> None:
    turn = connect(idempotency_header="")
    await crm.fail("lost", count=1)
    with pytest.raises(OutcomeUnknown) as caught:
        await turn.post("/tickets", json={"text": "one"})
    assert caught.value.reason == "crm_outcome_unknown"
    assert len(crm.books.tickets) == len(crm.heard) == 1
    assert keys(crm) == [None]


async def test_without_a_key_what_was_not_done_is_tried_again(
    connect: Connect, crm: CrmServer
) -> None:
    turn = connect(idempotency_header="")
    await crm.fail("throttle", count=1)
    await turn.post("/tickets", json={"text": "one"})
    assert len(crm.books.tickets) == 1


async def test_a_wrong_key_is_said_and_not_tried_again_and_again(
    connect: Connect, crm: CrmServer
) -> None:
    turn = connect(key="wrong-key")
    for _ in range(3):
        with pytest.raises(Unavailable, match=r"mend key.* of \[crm\] in the backends") as caught:
            await turn.get("/customers/{id}", id="c-1")
        assert "wrong-key" not in str(caught.value)
    assert len(crm.heard) == 1


class Identity:
    """A credential that says which scope it was asked for; None when it has no token."""

    def __init__(self, token: str | None) -> None:
        self.token, self.asked = token, ""

    async def get_token(self, scope: str) -> AccessToken:
        self.asked = scope
        if self.token is None:
            raise ClientAuthenticationError("no identity here")
        return AccessToken(self.token, 0)


async def with_scope(crm: CrmServer, identity: Any) -> Any:
    declared = Declaration(crm.url, scope="api://crm/.default", breaker=BreakerLimits(failures=1))
    backend = HttpBackend("crm", declared, Access(declared, lambda: identity))
    try:
        return await TurnBackend(backend, "w1").get("/customers/{id}", id="c-1")
    finally:
        assert await backend.check() == ""
        await backend.close()


async def test_a_scope_is_opened_by_the_apps_own_identity(crm: CrmServer) -> None:
    identity = Identity(KEY)
    assert await with_scope(crm, identity)
    assert identity.asked == "api://crm/.default"


async def test_without_a_token_the_backend_is_not_blamed(
    crm: CrmServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_backend, "PATIENCE", 0.1)
    with pytest.raises(Unavailable, match="no token for api://crm"):
        await with_scope(crm, Identity(None))
    assert crm.heard == []


@pytest.mark.parametrize(
    ("key", "header", "sent"),
    [
        ("k", "Authorization", "Bearer k"),
        ("Basic dTpw", "Authorization", "Basic dTpw"),
        ("k", "x-api-key", "k"),
    ],
)
async def test_the_key_goes_into_its_header(
    connect: Connect, crm: CrmServer, key: str, header: str, sent: str
) -> None:
    with pytest.raises(Unavailable):
        await connect(key=key, key_header=header).get("/customers/{id}", id="c-1")
    assert crm.heard[0].headers[header] == sent


# --- breaker, limits


async def test_the_breaker_opens_probes_and_closes(connect: Connect, crm: CrmServer) -> None:
    turn = connect(tries=1, breaker=BreakerLimits(failures=3, rest_seconds=0.3))
    backend: Any = turn._backend
    await crm.fail("error")
    for _ in range(10):
        with pytest.raises(Unavailable):
            await turn.get("/customers/{id}", id="c-1")
    assert len(crm.heard) == 3
    assert "rests" in await backend.check()
    await crm.mend()
    await asyncio.sleep(backend._breaker.wait())
    assert "next call" in await backend.check()
    assert await turn.get("/customers/{id}", id="c-1")
    assert await backend.check() == ""


async def test_a_caller_who_leaves_does_not_keep_the_probe(
    connect: Connect, crm: CrmServer
) -> None:
    turn = connect(tries=1, breaker=BreakerLimits(failures=1, rest_seconds=0.1))
    await crm.fail("error", count=1)
    with pytest.raises(Unavailable):
        await turn.get("/customers/{id}", id="c-1")
    await crm.fail("slow", seconds=2, count=1)
    await asyncio.sleep(0.1)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await turn.get("/customers/{id}", id="c-1")
    assert await turn.get("/customers/{id}", id="c-1")


async def test_callers_who_leave_a_hanging_backend_open_the_breaker(
    connect: Connect, crm: CrmServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An invoke waits 4.5 s, less than the backend's own timeout may be."""
    monkeypatch.setattr(http_backend, "SLOW", 0.1)
    turn = connect(breaker=BreakerLimits(failures=2, rest_seconds=60))
    await crm.fail("slow", seconds=2)
    for _ in range(2):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await turn.get("/customers/{id}", id="c-1")
    with pytest.raises(Unavailable, match="somebody waited"):
        await turn.get("/customers/{id}", id="c-1")


async def test_the_rate_holds_in_every_second(connect: Connect, crm: CrmServer) -> None:
    turn = connect(requests_per_second=10)
    await asyncio.gather(*(turn.get("/customers/{id}", id="c-1") for _ in range(25)))
    starts = [heard.at for heard in crm.heard]
    assert len(starts) == 25
    assert max(starts) - min(starts) >= 2
    # they do not keep their distance on the way, so a little less than a second
    assert max(sum(t <= s < t + 0.9 for s in starts) for t in starts) <= 10


async def test_no_more_at_once_than_declared(connect: Connect, crm: CrmServer) -> None:
    turn = connect(concurrency=3)
    await crm.fail("slow", seconds=0.05)
    await asyncio.gather(*(turn.get("/customers/{id}", id="c-1") for _ in range(12)))
    assert crm.most_at_once == 3


@pytest.mark.parametrize("limits", [{"concurrency": 1}, {"requests_per_second": 0.5}])
async def test_who_would_wait_too_long_goes_back_to_the_queue(
    connect: Connect, crm: CrmServer, monkeypatch: pytest.MonkeyPatch, limits: dict[str, Any]
) -> None:
    monkeypatch.setattr(gate, "PATIENCE", 0.1)
    monkeypatch.setattr(http_backend, "PATIENCE", 0.1)
    turn = connect(**limits)
    await crm.fail("slow", seconds=0.5)
    calls = (turn.get("/customers/{id}", id="c-1") for _ in range(2))
    first, second = await asyncio.gather(*calls, return_exceptions=True)
    assert first["id"] == "c-1"  # type: ignore[index]
    assert isinstance(second, Unavailable)
    assert second.after
    assert len(crm.heard) == 1
    assert await turn._backend.check() == ""


# --- what goes out, and what is written down


async def test_the_trace_goes_on_in_the_backend(connect: Connect, crm: CrmServer) -> None:
    with trace.span() as span:
        await connect().get("/customers/{id}", id="c-1")
    assert crm.heard[0].headers["traceparent"] == span.traceparent


async def test_a_field_cannot_lead_elsewhere(connect: Connect, crm: CrmServer) -> None:
    turn = connect()
    assert await turn.get("/customers/{id}", id="../tickets/T-1?x#y") is None
    assert crm.heard[0].path == "/customers/../tickets/T-1?x#y"  # decoded: it was one segment
    for wrong in ("..", ".", ""):
        with pytest.raises(ValueError, match="empty or dots"):
            await turn.get("/customers/{id}", id=wrong)
    for path in ("customers", "/customers?id=1", "/customers/../tickets", "/a b", "/x\r\ny"):
        with pytest.raises(ValueError, match="a path begins with"):
            await turn.get(path)


async def test_a_call_is_one_line_without_secrets(
    connect: Connect, crm: CrmServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "fabric")
    turn = connect()
    await crm.fail("error", count=1)
    await turn.get("/customers/{id}", id="c-1", query={"phone": "+4915550000"})
    await turn.patch("/customers/c-1", json={"name": "Berta"})
    with pytest.raises(BackendError):
        await turn.post("/tickets", json={"name": "Berta"})
    await crm.fail("down")
    with pytest.raises(Unavailable):
        await turn.get("/customers/{id}", id="c-1")
    text = "\n".join(JsonFormatter().format(record) for record in caplog.records)
    lines = [line for line in map(json.loads, text.splitlines()) if line["event"] == "backend.call"]
    told = ("backend", "operation", "outcome", "status", "tries", "breaker")
    assert [tuple(line[name] for name in told) for line in lines] == [
        ("crm", "GET /customers/{id}", "ok", 200, 2, "closed"),
        ("crm", "PATCH /customers/*", "ok", 200, 1, "closed"),
        ("crm", "POST /tickets", "declined", 422, 1, "closed"),
        ("crm", "GET /customers/{id}", "unavailable", 0, 3, "closed"),
    ]
    assert all(line["ms"] > 0 for line in lines)
    for secret in (KEY, "c-1", "Berta", "+4915550000", "4915550000", "Ann"):
        assert secret not in text
