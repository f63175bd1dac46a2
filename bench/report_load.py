"""What the platform does under load, as sections of the page of figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.ack_under_stall import AT_ONCE, HANGING
from bench.connector import percentile
from bench.growth import SIZES, Growth
from bench.markdown import ms, table
from bench.throughput import TRIGGERS, Throughput


@dataclass(frozen=True)
class UnderLoad:
    """`stalled`: seconds of acks; `memory`: bytes by turns; `growth`: microseconds by size."""

    stalled: Sequence[float]
    throughput: Throughput
    memory: Mapping[int, int]
    growth: Growth


def targets(found: UnderLoad) -> list[tuple[str, float, str, float]]:
    """Rows of the table of targets: what, measured, sign, target."""
    first, *_, last = found.memory.values()
    slowest = max(times[-1] / times[0] for times in found.growth.values())
    return [
        ("ack p95 while the model stalls, ms", percentile(found.stalled, 95) * 1000, "<=", 100),
        (f"echo turns a second, {TRIGGERS} trigger processes", found.throughput.rate, ">=", 2000),
        ("memory, last sample, times the first", last / first, "<=", 1.1),
        (f"slowest growth, {SIZES[-1]:,} stored, times {SIZES[0]:,}", slowest, "<=", 2.0),
    ]


def sections(found: UnderLoad) -> list[str]:
    lines = [
        *_stalled(found.stalled),
        *_throughput(found.throughput),
        *_memory(found.memory),
        *_growth(found.growth),
    ]
    return [*lines[:-1], ""]


def _stalled(stalled: Sequence[float]) -> list[str]:
    return [
        "## Ack while the model stalls",
        "",
        f"Every turn hangs in its model call for 30 s, {HANGING} messages wait for one already.",
        f"Milliseconds from post to 202 of {len(stalled)} more in that time, {AT_ONCE} at once.",
        "",
        *table(("p50", "p95", "p99"), [[ms(percentile(stalled, q)) for q in (50, 95, 99)]]),
    ]


def _throughput(whole: Throughput) -> list[str]:
    return [
        "## Throughput",
        "",
        f"{whole.count} messages go through the door, {TRIGGERS} trigger processes on one data",
        "folder echo them to a stub connector, all durably; timed from the first message at the",
        "door to the last reply. Door (no HTTP, no token) and connector are processes of their",
        "own and share the cores.",
        "",
        f"Turns a second, by round: {', '.join(f'{whole.count / s:.0f}' for s in whole.seconds)}.",
        "",
        *table(
            ("process", "CPU ms a message"),
            [
                *((name, f"{ms:.2f}") for name, ms in whole.cpu_ms.items()),
                ("all", f"{sum(whole.cpu_ms.values()):.2f}"),
            ],
        ),
    ]


def _memory(memory: Mapping[int, int]) -> list[str]:
    return [
        "## Memory",
        "",
        "Resident memory of one process that takes in, answers and sends; each fourth message is",
        "of a new conversation. `python -m bench.memory 100000` does more of them.",
        "",
        *table(
            ("turns", "MiB"),
            [(f"{turns:,}", f"{used / 2**20:.1f}") for turns, used in memory.items()],
        ),
    ]


def _growth(growth: Growth) -> list[str]:
    return [
        "## Growth",
        "",
        "Median microseconds of what a turn does, by conversations stored. In the bus as many ids",
        "are remembered, and a tenth as many messages wait in another queue.",
        "`python -m bench.growth 1000000` adds a size.",
        "",
        *table(
            ("operation", *(f"{size:,}" for size in SIZES)),
            [(name, *(f"{one:.0f}" for one in times)) for name, times in growth.items()],
        ),
    ]
