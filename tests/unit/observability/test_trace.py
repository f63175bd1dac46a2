"""One trace over every hop, kept where `botfabric trace` finds it, without what people said."""

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from opentelemetry import trace as api
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.errors import ConfigurationError
from shared.observability import trace
from shared.observability.opentelemetry import OpenTelemetryExporter
from shared.observability.span_files import SpanFiles, read_spans
from shared.observability.trace import Span
from shared.operations.reports.trace import spans_of
from shared.skill import Skill
from shared.turn import Turn
from tests.lab import Lab
from tests.spans import paths

Make = Callable[..., Lab]


@pytest.fixture
def exported() -> Iterator[list[Span]]:
    spans: list[Span] = []
    trace.export_to(spans.append)
    yield spans
    trace.export_to(None)


def relay_race() -> list[Skill]:
    """The first hands off to the second, which tells a fact that the third hears."""
    first, second, third = Skill("first", "A"), Skill("second", "B"), Skill("third", "C")

    @first.on_message
    async def hand_off(turn: Turn) -> None:
        turn.hand_off("second")

    @second.on_message
    async def tell(turn: Turn) -> None:
        turn.reply("told")
        turn.emit("race.run", {})

    @third.on_event("race.run")
    async def hear(turn: Turn) -> None:
        turn.reply("heard")

    return [first, second, third]


async def test_every_hop_of_a_conversation_is_in_one_tree(lab: Make, exported: list[Span]) -> None:
    fabric = lab(*relay_race())
    with trace.span("", "webhook"):
        await fabric.say("a secret word")

    await fabric.drain()

    assert fabric.heard() == ["told", "heard"]
    assert len({span.trace_id for span in exported}) == 1
    first = "webhook / enqueue skill-first / receive skill-first / turn first"
    second = f"{first} / enqueue skill-second / receive skill-second / turn second"
    fact = f"{second} / publish race.run / receive events / fact race.run"
    third = f"{fact} / enqueue skill-third / receive skill-third / turn third"
    assert set(paths(exported)) >= {
        f"{first} / commit",
        f"{second} / commit",
        f"{second} / send web",
        f"{third} / commit",
        f"{third} / send web",
    }
    assert "secret" not in str(exported)


async def test_a_turn_that_fails_says_so(lab: Make, exported: list[Span]) -> None:
    skill = Skill("broken", "Breaks")

    @skill.on_message
    async def work(turn: Turn) -> None:
        raise LookupError

    fabric = lab(skill)
    await fabric.say("hi")
    [delivery] = await fabric.deliveries()
    await fabric.run(delivery)

    assert [(span.name, span.error) for span in exported if span.error] == [
        ("turn broken", "LookupError")
    ]


async def test_nothing_is_made_for_nobody() -> None:
    with trace.span("", "outer") as outer, trace.step("inner") as inner:
        assert inner is outer


def test_what_was_exported_is_found_by_trace_message_and_conversation(tmp_path: Path) -> None:
    file = SpanFiles(tmp_path / "traces")
    trace.export_to(file)
    try:
        attributes = {
            "messaging.message.id": "m1",
            "messaging.message.conversation_id": "lab.web.1",
        }
        with trace.span("", "webhook") as root, trace.step("turn", **attributes):
            pass
    finally:
        trace.export_to(None)
        file.close()

    for wanted in (root.trace_id, "m1", "lab.web.1"):
        assert [span.name for span in read_spans(file.folder, {wanted})] == ["webhook", "turn"]
    assert read_spans(file.folder, {"other"}) == []
    assert file.left_out == 0


def test_a_folder_that_cannot_be_made_leaves_spans_out_and_counts_them(tmp_path: Path) -> None:
    (tmp_path / "traces").touch()
    file = SpanFiles(tmp_path / "traces")

    file(Span("1" * 32, "2" * 16, name="lost"))
    file.close()

    assert file.left_out == 1


async def test_an_operator_finds_it_by_what_the_channel_calls_it(lab: Make) -> None:
    fabric = lab(*relay_race())
    file = SpanFiles(fabric.settings.data_dir / "traces")
    trace.export_to(file)
    try:
        await fabric.say("hello", id="wamid.1", conversation="42")
        await fabric.drain()
    finally:
        trace.export_to(None)
        await asyncio.to_thread(file.close)

    for wanted in ("wamid.1", "42", "ann"):
        names = {span.name for span in await spans_of(fabric, wanted)}
        assert {"turn first", "turn second", "turn third"} <= names
    assert await spans_of(fabric, "wamid.2") == []


async def test_a_ticket_and_a_message_that_went_out_lead_to_what_was_said(lab: Make) -> None:
    skill = Skill("clerk", "Files")

    @skill.on_message
    async def file(turn: Turn) -> None:
        turn.emit("ticket.created", {"id": "TCK-1"}, subject="TCK-1")
        turn.reply("filed")

    fabric = lab(skill)
    file_of_spans = SpanFiles(fabric.settings.data_dir / "traces")
    trace.export_to(file_of_spans)
    try:
        await fabric.say("printer on fire")
        await fabric.drain()
    finally:
        trace.export_to(None)
        file_of_spans.close()

    for wanted in ("TCK-1", "message-1", "ann"):
        assert "turn clerk" in {span.name for span in await spans_of(fabric, wanted)}, wanted


@pytest.mark.parametrize("wanted", ["", "  "])
async def test_no_id_is_refused_and_not_everything(lab: Make, wanted: str) -> None:
    with pytest.raises(ConfigurationError, match="write the id"):
        await spans_of(lab(*relay_race()), wanted)


def test_the_sdk_gets_the_same_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    provider, memory = TracerProvider(), InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(memory))
    monkeypatch.setattr(api, "get_tracer_provider", lambda: provider)
    trace.export_to(OpenTelemetryExporter())
    try:
        with trace.span(f"00-{'a' * 32}-{'b' * 16}-01", "turn echo"):
            trace.record("chat gpt", 0.5, error="429")
    finally:
        trace.export_to(None)

    call, turn = memory.get_finished_spans()
    assert (call.name, turn.name) == ("chat gpt", "turn echo")
    assert call.context
    assert turn.context
    assert call.parent
    assert turn.parent
    assert f"{turn.context.trace_id:032x}" == "a" * 32
    assert f"{turn.parent.span_id:016x}" == "b" * 16
    assert call.parent.span_id == turn.context.span_id
    assert not call.status.is_ok
    assert call.end_time
    assert call.start_time
    assert round((call.end_time - call.start_time) / 1e9, 3) == 0.5


def test_a_day_has_a_file_and_old_days_leave(tmp_path: Path) -> None:
    folder = tmp_path / "traces"
    folder.mkdir()
    (folder / "2026-01-02.ndjson").touch()
    yesterday = folder / f"{(datetime.now(UTC) - timedelta(days=1)).date()}.ndjson"
    yesterday.write_text(json.dumps(asdict(Span("1" * 32, "2" * 16, name="begun", started=1.0))))

    files = SpanFiles(folder)
    files(Span("1" * 32, "3" * 16, "2" * 16, name="ended", started=2.0))
    files.close()

    assert [span.name for span in read_spans(folder, {"1" * 32})] == ["begun", "ended"]
    assert min(path.name for path in folder.iterdir()) == yesterday.name


def test_half_a_line_costs_no_other_span(tmp_path: Path) -> None:
    files = SpanFiles(tmp_path / "traces")
    files(Span("1" * 32, "2" * 16, name="whole"))
    files.close()
    [path] = files.folder.iterdir()
    line = path.read_bytes()

    path.write_bytes(line[:40] + b"\n" + line + b"[]\n{}\n" + line[:9])

    assert [span.name for span in read_spans(files.folder, {"1" * 32})] == ["whole"]
