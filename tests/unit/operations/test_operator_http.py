"""Operators over HTTP: the dead-letter desk and the kill switch, with no word of what was said."""

import json
from collections.abc import Callable
from typing import Any

import azure.functions as func
import pytest

from functions import operator
from functions.operator import Handler
from functions.operators import dead_letters, switches
from shared.errors import PermanentError, Stopped, Unavailable
from shared.governance import audit
from shared.operations.reports import switches as switch_report
from shared.skill import Skill
from shared.turn import Turn
from stand_ins.entra.tokens import Subject
from tests.lab import Lab
from tests.operators import bearer


@pytest.fixture
def mended() -> list[bool]:
    return []


@pytest.fixture
def fabric(lab: Callable[..., Lab], mended: list[bool], monkeypatch: pytest.MonkeyPatch) -> Lab:
    skill = Skill("orders", "Looks orders up")

    @skill.on_message
    async def look(turn: Turn) -> None:
        if not mended:
            raise PermanentError("order_gone", "no such table")
        turn.reply(f"found {turn.text}")

    made = lab(skill)
    monkeypatch.setattr(operator, "fabric", lambda: made)
    return made


async def ask(handler: Handler, body: Any = b"", id: str = "", **query: str) -> tuple[int, Any]:
    """The status and the answer of a route; a body that is not bytes goes as JSON."""
    request = func.HttpRequest(
        method="POST",
        url="http://localhost/",
        headers=bearer(operator.__dict__["fabric"]().settings),
        params=query,
        route_params={"id": id},
        body=body if isinstance(body, bytes) else json.dumps(body).encode(),
    )
    [route] = [route for route in operator.ROUTES.values() if route.handler is handler]
    answer = await route.respond(request)
    return answer.status_code, json.loads(answer.get_body())


async def dead(fabric: Lab, *texts: str) -> list[str]:
    """The ids of what has died of these."""
    for text in texts:
        await fabric.say(text)
        await fabric.drain()
    _, found = await ask(dead_letters.show_all)
    return [letter["id"] for letter in found["dead_letters"]]


async def test_letters_are_listed_and_explained_without_what_was_said(fabric: Lab) -> None:
    [id] = await dead(fabric, "a secret order")

    status, found = await ask(dead_letters.show_all, skill="orders", reason="order_gone", bot="lab")
    explained = await ask(dead_letters.show, id=id)

    assert (status, found["total"]) == (200, 1)
    assert explained[0] == 200
    assert explained[1]["last_error"]["error"] == "order_gone: no such table"
    assert "secret" not in str((found, explained))
    assert (await ask(dead_letters.show_all, bot="other"))[1]["total"] == 0


async def test_all_that_fit_are_redriven_in_order_and_on_record(
    fabric: Lab, mended: list[bool]
) -> None:
    ids = await dead(fabric, "1", "2", "3")
    mended.append(True)

    moved = await ask(
        dead_letters.redrive, {"all": True, "skill": "orders", "reason": "order_gone"}
    )
    await fabric.drain()

    assert moved == (200, {"done": ids, "failed": {}, "left": 0})
    assert fabric.heard()[3:] == ["found 1", "found 2", "found 3"]
    deeds = await audit.deeds(fabric.store)
    assert [deed.target["letter"] for deed in deeds] == ids
    assert {(d.who, d.via, d.action, d.outcome) for d in deeds} == {
        (Subject("ann").oid, "http", "redrive", "done")
    }
    assert {d.target["bot"] for d in deeds} == {"lab"}


async def test_named_letters_are_discarded_and_others_stay(fabric: Lab) -> None:
    first, second = await dead(fabric, "1", "2")

    assert (await ask(dead_letters.discard, {"ids": [first]}))[1]["done"] == [first]

    assert [letter["id"] for letter in (await ask(dead_letters.show_all))[1]["dead_letters"]] == [
        second
    ]


async def test_more_than_one_request_moves_are_left_for_the_next(
    fabric: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dead_letters, "MAX_MOVED", 2)
    ids = await dead(fabric, "1", "2", "3")

    assert (await ask(dead_letters.discard, {"all": True}))[1] == {
        "done": ids[:2],
        "failed": {},
        "left": 1,
    }


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        {},
        {"bot": "lab"},
        {"ids": []},
        {"ids": "x"},
        {"ids": [1]},
        {"all": 1},
        {"all": False},
        {"all": True, "ids": ["x"]},
        {"all": True, "queue": "x"},
        {"all": True, "bot": 1},
    ],
    ids=str,
)
async def test_what_is_not_clear_moves_nothing(fabric: Lab, body: Any) -> None:
    await dead(fabric, "1")

    for function in (dead_letters.redrive, dead_letters.discard):
        assert (await ask(function, body))[0] == 400

    assert (await ask(dead_letters.show_all))[1]["total"] == 1
    assert await audit.deeds(fabric.store) == []


async def test_an_unknown_letter_is_404_and_moves_nothing(fabric: Lab) -> None:
    [id] = await dead(fabric, "1")

    assert (await ask(dead_letters.show, id="other"))[0] == 404
    assert (await ask(dead_letters.discard, {"ids": [id, "other"]}))[0] == 404
    assert (await ask(dead_letters.show_all))[1]["total"] == 1


async def test_a_bus_that_is_down_is_503_and_holds_what_follows(
    fabric: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = await dead(fabric, "1", "2")
    sent: list[str] = []

    async def down(queue: str, *events: Any, delay: float = 0) -> None:
        sent.append(queue)
        raise Unavailable("bus")

    monkeypatch.setattr(fabric.bus, "send", down)

    assert await ask(dead_letters.redrive, {"all": True}) == (
        503,
        {"error": "unavailable, try again"},
    )
    assert len(sent) == 1, "the second must not overtake the first"
    [deed] = await audit.deeds(fabric.store)
    assert (deed.target["letter"], deed.outcome) == (first, "failed: bus")
    assert second


async def test_a_store_that_is_down_is_503(fabric: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    async def down(*_: Any, **__: Any) -> None:
        raise Unavailable("store")

    for name in ("get", "find", "write"):
        monkeypatch.setattr(fabric.store, name, down)

    for function in (dead_letters.show_all, dead_letters.show, switches.stopped):
        assert (await ask(function))[0] == 503
    assert (await ask(switches.stop, {"bot": "lab"}))[0] == 503


async def test_a_bot_is_stopped_and_started_on_record(fabric: Lab, mended: list[bool]) -> None:
    mended.append(True)
    status, answer = await ask(switches.stop, {"bot": "lab"})
    assert status == 200
    assert [(one["kind"], one["name"]) for one in answer["stopped"]] == [("bot", "lab")]
    assert await ask(switches.stopped) == (200, answer)
    with pytest.raises(Stopped):
        await fabric.switches.check("lab")

    assert await ask(switches.start, {"bot": "lab"}) == (200, {"stopped": []})

    deeds = await audit.deeds(fabric.store)
    assert [(d.action, d.target, d.outcome) for d in deeds] == [
        ("stop", {"bot": "lab"}, "done"),
        ("start", {"bot": "lab"}, "done"),
    ]


async def test_a_second_stop_keeps_the_time_of_the_first(fabric: Lab) -> None:
    first = await ask(switches.stop, {"skill": "orders"})

    assert await ask(switches.stop, {"skill": "orders"}) == first


@pytest.mark.parametrize("target", [{"skill": "nosuch"}, {"skill": "lab"}, {"bot": "orders"}])
async def test_what_is_not_there_is_404_and_stays_off_the_list(
    fabric: Lab, target: dict[str, str]
) -> None:
    for function in (switches.stop, switches.start):
        assert (await ask(function, target))[0] == 404

    assert await switch_report.stopped(fabric) == []
    assert await audit.deeds(fabric.store) == []


async def test_letters_that_are_not_named_are_refused_with_what_to_write(fabric: Lab) -> None:
    _, unnamed = await ask(dead_letters.redrive, {"ids": "x"})
    _, filtered = await ask(dead_letters.redrive, {"all": True, "queue": "x"})

    assert unnamed["reason"] == 'write {"ids": ["..."]}, or {"all": true}'
    assert filtered["reason"] == "write ids or all, and of filters only bot, skill, reason, as text"


async def test_what_was_stopped_and_is_gone_can_be_started(fabric: Lab) -> None:
    await fabric.switches.stop("skill", "gone")

    assert await ask(switches.start, {"skill": "gone"}) == (200, {"stopped": []})
    assert (await ask(switches.stop, {"skill": "gone"}))[0] == 404


@pytest.mark.parametrize("body", [b"", {}, {"bot": 1}, {"queue": "x"}, {"bot": "a", "skill": "b"}])
async def test_a_switch_that_is_not_clear_is_not_turned(fabric: Lab, body: Any) -> None:
    status, refused = await ask(switches.stop, body)

    assert status == 400
    assert body == b"" or refused["reason"] == 'write {"bot": "..."} or {"skill": "..."}'
    assert await switch_report.stopped(fabric) == []
