"""`botfabric trace ID --follow` goes on with what comes, over midnight too, until Ctrl-C."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path

from shared.observability import conventions as names
from shared.observability.trace import Span

ROOT = Path(__file__).parents[3]
KEY = f"helpdesk.web.{'c' * 32}"
START_SECONDS = 60


@asynccontextmanager
async def following(folder: Path, *options: str) -> AsyncIterator[Process]:
    """The command; at the end it is interrupted, and has to end as by Ctrl-C."""
    environ = {
        **os.environ,
        "FABRIC_ENVIRONMENT": "local",
        "FABRIC_EMBEDDINGS": "off",
        "FABRIC_DATA_DIR": str(folder),
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cli", "trace", KEY, "--follow", *options),
        cwd=ROOT,
        env=environ,
        stdout=PIPE,
        stderr=PIPE,
        preexec_fn=hear_ctrl_c,
    )
    try:
        yield process
        process.send_signal(signal.SIGINT)
        _, errors = await asyncio.wait_for(process.communicate(), START_SECONDS)
        assert (process.returncode, errors) == (130, b"")
    finally:
        if process.returncode is None:
            process.kill()


def hear_ctrl_c() -> None:
    """Ctrl-C is ignored by what a script has started in the background, tests included."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


async def line(process: Process) -> str:
    assert process.stdout is not None
    return (await asyncio.wait_for(process.stdout.readline(), START_SECONDS)).decode().rstrip()


def write(folder: Path, day: str, *spans: Span) -> None:
    (folder / "traces").mkdir(parents=True, exist_ok=True)
    with (folder / "traces" / f"{day}.ndjson").open("a") as file:
        file.writelines(f"{json.dumps(asdict(span))}\n" for span in spans)


def turn(trace: str, id: str, name: str, started: float) -> Span:
    return Span(trace * 32, id * 16, "", name, started, 0.5, attributes={names.CONVERSATION: KEY})


async def test_new_spans_appear_and_what_is_of_another_day_too(tmp_path: Path) -> None:
    write(tmp_path, "2026-11-28", turn("a", "1", "turn one", 1.0), turn("e", "9", "turn x", 1.0))

    async with following(tmp_path) as process:
        assert (await line(process)).startswith(f"trace {'a' * 32}")
        assert (await line(process)).endswith("turn one")
        assert (await line(process)).startswith(f"trace {'e' * 32}")
        assert (await line(process)).endswith("turn x")

        write(tmp_path, "2026-11-28", Span("d" * 32, "8" * 16, "", "turn of another", 2.0))
        write(tmp_path, "2026-11-29", turn("a", "2", "turn two", 2.0))

        assert (await line(process)).startswith(f"trace {'a' * 32}")
        assert [(await line(process)).split("  ")[-1] for _ in range(2)] == ["turn one", "turn two"]

        write(tmp_path, "2026-11-29", turn("b", "3", "turn three", 3.0))

        assert (await line(process)).startswith(f"trace {'b' * 32}")
        assert (await line(process)).endswith("turn three")


async def test_as_json_each_span_is_a_line_once(tmp_path: Path) -> None:
    write(tmp_path, "2026-11-28", turn("a", "1", "turn one", 1.0))

    async with following(tmp_path, "--json") as process:
        assert json.loads(await line(process))["name"] == "turn one"

        write(tmp_path, "2026-11-28", turn("a", "2", "turn two", 2.0))

        assert json.loads(await line(process))["name"] == "turn two"
