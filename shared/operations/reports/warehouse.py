"""The daily figures for a warehouse: a file a day, one measure a line, in a schema with a version.

Each line is a JSON object with the members of `Row`. A measure is never renamed and never changes
its unit within a version; new ones may come. Written again a day is the same file, corrected by
what came late. Nobody is named: people and conversations are numbers.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal

from shared import wire
from shared.operations.reports.days import Used
from shared.records.daily import DISLIKED, HANDED, LIKED, TALKED, Present
from shared.records.figures import parts, quantity

VERSION = 1


@dataclass(frozen=True, slots=True)
class Row:
    """One number of a bot's day; `skill`, `channel` and `detail` are "" where it is not by them.

    `measure` is `turns`, `messages`, `replies`, `deliveries` (`detail`: how they ended),
    `conversations`, `people`, `handed_over`, `liked`, `disliked` (conversations), `language`
    (turns, `detail`: which), `noted` (`detail`: what skills counted), `calls` (`detail`: system,
    operation, outcome), `call_seconds` (`detail`: system, operation) or a meter's name as
    `botfabric cost` has it. `value` is in the meter's unit.
    """

    version: int
    day: str
    bot: str
    department: str
    cost_center: str
    skill: str
    channel: str
    measure: str
    detail: str
    value: float


def partitions(days: Iterable[Used]) -> Iterator[tuple[str, str]]:
    """The name of each day's file below the folder, and its text."""
    by_day: defaultdict[str, list[Used]] = defaultdict(list)
    for one in days:
        by_day[one.day].append(one)
    for day, bots in sorted(by_day.items()):
        rows = [row for one in bots for row in rows_of(one)]
        text = "".join(f"{wire.dumps(asdict(row))}\n" for row in rows)
        yield f"day={day}/figures-v{VERSION}.ndjson", text


def rows_of(one: Used) -> Iterator[Row]:
    """The rows of a bot's day, always in the same order."""

    def row(
        measure: str, value: float, skill: str = "", channel: str = "", detail: str = ""
    ) -> Row:
        place = (one.day, one.bot, one.department, one.cost_center, skill, channel)
        return Row(VERSION, *place, measure, detail, value)

    figures = one.tally.figures
    for measure in ("turns", "messages", "replies"):
        for name, number in sorted(getattr(figures, measure).items()):
            yield row(measure, number, *parts(name))
    for name, counted in sorted(figures.meters.items()):
        skill, channel, meter = parts(name)
        yield row(meter, _number(quantity(meter, counted)), skill, channel)
    details: tuple[tuple[str, Mapping[str, int], int], ...] = (
        ("deliveries", figures.outcomes, 1),
        ("language", figures.languages, 1),
        ("noted", figures.noted, 1),
        ("calls", figures.calls, 1),
        ("call_seconds", figures.call_ms, 1000),
    )
    for measure, counter, scale in details:
        for name, number in sorted(counter.items()):
            value = number if scale == 1 else number / scale
            yield row(measure, value, detail=" | ".join(parts(name)))
    yield from (row(measure, number) for measure, number in _who(one.tally.present).items())


def _who(present: Present) -> dict[str, int]:
    return {
        "conversations": present.had(TALKED),
        "people": len(present.people),
        "handed_over": present.had(HANDED),
        "liked": present.had(LIKED),
        "disliked": present.had(DISLIKED),
    }


def _number(value: Decimal) -> float:
    return int(value) if value == value.to_integral_value() else float(value)
