"""Where a span stands: below what caused it, in one trace from the first activity on."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from shared.ai.tools import Toolbox
from shared.errors import PermanentError, TransientError
from shared.observability import conventions as names
from shared.observability import trace
from shared.observability.trace import Span
from shared.operations.deeds import letters as letter_deeds
from shared.operations.reports import letters as letter_report
from shared.pipeline.outbox import relay
from shared.ports.models import ToolCall
from shared.records.effect import effect_of
from shared.skill import Skill
from shared.turn import Turn
from stand_ins.crm.server import KEY, CrmServer
from tests import spans as kept
from tests.lab import Lab
from tests.spans import paths

Make = Callable[..., Lab]

ARTICLE = "---\ntitle: Printers\n---\nA printer that jams is opened at the back.\n"
SECRET = "jams-with-my-salary-slip"


@pytest.fixture
def exported() -> Iterator[list[Span]]:
    with kept.exported() as spans:
        yield spans


@pytest.fixture
async def crm() -> AsyncIterator[CrmServer]:
    async with CrmServer() as server:
        server.books.customers["ann"] = {"id": "ann", "tier": "gold"}
        yield server


async def priority(area: str) -> str:
    """How urgent an area is."""
    return "high"


def help_desk() -> list[Skill]:
    """The first knows and hands off, the second does and tells, the third hears of it."""
    front, back, news = Skill("front", "A"), Skill("back", "B"), Skill("news", "C")

    @front.on_message
    async def ask(turn: Turn) -> None:
        passages = await turn.knowledge.search("a printer that jams")
        await turn.ai.answer("a printer that jams", passages)
        await Toolbox([priority]).run(ToolCall("1", "priority", '{"area": "it"}'))
        turn.hand_off("back")

    @back.on_message
    async def do(turn: Turn) -> None:
        await turn.backend("crm").get("/customers/{id}", id="ann")
        turn.reply("done")
        turn.emit("printer.opened", {})

    @news.on_event("printer.opened")
    async def tell(turn: Turn) -> None:
        turn.reply("it is open")

    return [front, back, news]


def deployed(lab: Make, tmp_path: Path, crm: CrmServer) -> Lab:
    (tmp_path / "knowledge" / "it").mkdir(parents=True)
    (tmp_path / "knowledge" / "it" / "printers.md").write_text(ARTICLE)
    (tmp_path / "backends.toml").write_text(f'[crm]\nurl = "{crm.url}"\nkey = "{KEY}"\n')
    manifest = '[backends]\ncrm = ["read"]\n'
    return lab(*help_desk(), head='knowledge = ["it"]', manifest=manifest)


async def test_five_hops_are_one_tree(
    lab: Make, tmp_path: Path, crm: CrmServer, exported: list[Span]
) -> None:
    fabric = deployed(lab, tmp_path, crm)

    with trace.span("", "webhook"):
        await fabric.say(SECRET)
    await fabric.drain()

    front = "webhook / enqueue skill-front / receive skill-front / turn front"
    back = f"{front} / enqueue skill-back / receive skill-back / turn back"
    fact = f"{back} / publish printer.opened / receive events / fact printer.opened"
    news = f"{fact} / enqueue skill-news / receive skill-news / turn news"
    assert sorted(paths(exported)) == sorted(
        [
            "webhook",
            "webhook / enqueue skill-front",
            "webhook / enqueue skill-front / receive skill-front",
            front,
            f"{front} / retrieval it",
            f"{front} / chat offline",
            f"{front} / execute_tool priority",
            f"{front} / commit",
            f"{front} / enqueue skill-back",
            f"{front} / enqueue skill-back / receive skill-back",
            back,
            f"{back} / backend crm",
            f"{back} / commit",
            f"{back} / publish printer.opened",
            f"{back} / publish printer.opened / receive events",
            f"{back} / send web",
            fact,
            f"{fact} / enqueue skill-news",
            f"{fact} / enqueue skill-news / receive skill-news",
            news,
            f"{news} / commit",
            f"{news} / send web",
        ]
    )
    assert SECRET not in str(exported)


async def test_a_span_says_by_the_conventions_what_it_is_about(
    lab: Make, tmp_path: Path, crm: CrmServer, exported: list[Span]
) -> None:
    fabric = deployed(lab, tmp_path, crm)
    with trace.span("", "webhook"):
        key = await fabric.say("the printer")
    await fabric.drain()

    told = {span.name: span.attributes for span in exported}
    message = {
        "messaging.system": "sqlite",
        "messaging.destination.name": "skill-front",
        "messaging.message.conversation_id": key,
        "messaging.message.id": told["turn front"]["messaging.message.id"],
    }
    for name, operation in (("enqueue", "send"), ("receive", "receive"), ("turn", "process")):
        span = told["turn front" if name == "turn" else f"{name} skill-front"]
        operations = {"messaging.operation.name": operation, "messaging.operation.type": operation}
        assert span.items() >= (message | operations).items()
    assert told["turn front"].items() >= {"bot.id": "lab", "bot.fate": "done"}.items()
    assert told["retrieval it"] == {
        "gen_ai.operation.name": "retrieval",
        "gen_ai.data_source.id": "it",
        "gen_ai.retrieval.top_k": 5,
        "bot.found": 1,
    }
    assert told["execute_tool priority"] == {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "priority",
    }
    assert told["chat offline"]["gen_ai.operation.name"] == "chat"
    assert told["backend crm"].items() >= {"http.response.status_code": 200, "bot.tries": 1}.items()
    known = {value for value in vars(names).values() if isinstance(value, str)}
    assert {name for span in exported for name in span.attributes} <= known


async def test_a_tool_that_fails_says_how_and_not_with_what(exported: list[Span]) -> None:
    with trace.span("", "turn"):
        await Toolbox([priority]).run(ToolCall("1", "priority", '{"area": 4711}'))
        await Toolbox([priority]).run(ToolCall("2", SECRET, "{}"))

    bad, unknown, _ = exported
    assert (bad.name, bad.attributes["error.type"]) == ("execute_tool priority", "bad_arguments")
    assert (unknown.name, unknown.attributes["error.type"]) == (
        "execute_tool unknown",
        "unknown_tool",
    )
    assert SECRET not in str(exported)


async def test_a_backend_is_below_its_own_span(
    lab: Make, tmp_path: Path, crm: CrmServer, exported: list[Span]
) -> None:
    fabric = deployed(lab, tmp_path, crm)
    with trace.span("", "webhook"):
        await fabric.say("the printer")
    await fabric.drain()

    [call] = [span for span in exported if span.name == "backend crm"]
    assert crm.heard[0].headers["traceparent"] == call.traceparent


async def test_parked_dead_and_redriven_work_stays_in_its_trace(
    lab: Make, exported: list[Span]
) -> None:
    errors: list[Exception] = [TransientError("down", after=0), PermanentError("broken")]
    skill = Skill("orders", "Looks orders up")

    @skill.on_message
    async def look(turn: Turn) -> None:
        if errors:
            raise errors.pop(0)
        turn.reply("found")

    fabric = lab(skill)
    with trace.span("", "webhook"):
        await fabric.say("order 1")
    await fabric.drain()
    [letter] = await letter_report.letters(fabric)
    with trace.span("", "dead_letters_redrive"):
        await letter_deeds.redrive(fabric, letter)
    await fabric.drain()

    root = next(span for span in exported if span.name == "webhook")
    turns = [span for span in exported if span.name == "turn orders"]
    assert [
        (turn.attributes["bot.fate"], turn.attributes.get("bot.attempt")) for turn in turns
    ] == [
        ("parked", None),
        ("dead", 1),
        ("done", 2),
    ]
    assert {turn.trace_id for turn in turns} == {root.trace_id}
    first = "webhook / enqueue skill-orders / receive skill-orders / turn orders"
    second = f"{first} / enqueue skill-orders / receive skill-orders / turn orders"
    again = f"{second} / redrive / enqueue skill-orders / receive skill-orders / turn orders"
    assert f"{again} / send web" in paths(exported)
    [redrive] = [span for span in exported if span.name == "redrive"]
    [operator] = [span for span in exported if span.name == "dead_letters_redrive"]
    assert redrive.links == (operator.traceparent,)


async def test_what_a_sweep_or_a_wake_up_sends_stays_in_its_trace(
    lab: Make, exported: list[Span]
) -> None:
    skill = Skill("echo", "Says it again")

    @skill.on_message
    async def answer(turn: Turn) -> None:
        turn.reply(turn.text)

    fabric = lab(skill)
    fabric.memory.failures = [TransientError("throttled", after=0)]
    with trace.span("", "webhook"):
        key = await fabric.say("hi")
    await fabric.drain(until=lambda: len(sent(exported)) > 1)
    with trace.span("", "webhook"):
        await fabric.say("again")
    fabric.memory.failures = [TransientError("throttled", after=0)]
    [delivery] = [d for d in await fabric.deliveries() if d.queue == "skill-echo"]
    await fabric.run(delivery)
    with trace.span("", "timer outbox_sweep") as timer:
        await make_due(fabric, key)
        await relay.sweep(fabric)

    first, second = [span for span in exported if span.name == "webhook"]
    refused, by_wake_up, also_refused, by_sweep = sent(exported)
    assert refused.trace_id == by_wake_up.trace_id == first.trace_id
    assert also_refused.trace_id == by_sweep.trace_id == second.trace_id
    assert timer.traceparent in by_sweep.links


def sent(spans: list[Span]) -> list[Span]:
    return [span for span in spans if span.name == "send web"]


async def make_due(fabric: Lab, key: str) -> None:
    """As if its time had come."""
    for item in await fabric.items(key, "outbox:"):
        await fabric.store.write(key, replace(effect_of(item), due=1.0).put())


async def test_a_turn_for_several_messages_is_linked_to_each(
    lab: Make, exported: list[Span]
) -> None:
    running, gate = asyncio.Event(), asyncio.Event()
    skill = Skill("desk", "Works", overlap="merge")

    @skill.on_message
    async def work(turn: Turn) -> None:
        if turn.text == "first":
            running.set()
            await gate.wait()
        turn.reply(turn.text)

    fabric = lab(skill)
    with trace.span("", "webhook"):
        await fabric.say("first")
    task = asyncio.create_task(fabric.drain())
    await running.wait()
    for text in ("second", "third"):
        with trace.span("", "webhook"):
            await fabric.say(text)
    gate.set()
    await task

    assert fabric.heard() == ["first", "second\nthird"]
    third = [span for span in exported if span.name == "webhook"][2]
    turns = [span for span in exported if span.name == "turn desk"]
    [leader] = [turn for turn in turns if third.traceparent in turn.links]
    [taken_along] = [turn for turn in turns if turn.trace_id == third.trace_id]
    assert leader is not taken_along
    assert leader.traceparent in taken_along.links
