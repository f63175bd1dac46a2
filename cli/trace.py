"""`botfabric trace`: the tree of hops of a conversation, a message or a trace."""

import argparse
import asyncio
import json
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cli import console_log

if TYPE_CHECKING:
    from shared.observability.trace import Span


FOLLOW_SECONDS = 1.0
"""How often `--follow` looks."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "id",
        metavar="CONVERSATION|TRACE|MESSAGE-ID",
        help="a conversation's key, a trace id, an event's id, a ticket's number, or what the "
        "channel calls the message, the conversation or the person",
    )
    parser.add_argument("--follow", action="store_true", help="go on with what comes, until Ctrl-C")
    parser.add_argument("--json", action="store_true", help="the spans, as one JSON array")


def run(arguments: argparse.Namespace, root: Path) -> int:
    console_log.configure(quiet=True)
    if arguments.follow:
        return asyncio.run(_follow(arguments.id))
    spans = asyncio.run(_spans(arguments.id))
    if arguments.json:
        print(json.dumps([asdict(span) for span in spans], ensure_ascii=False))
    elif spans:
        print("\n".join(_lines(spans)))
    if not spans:
        print(
            f"error: no trace of {arguments.id!r}; write what the log calls trace, conversation or "
            "id, or a channel's own id (spans are kept for 14 days where FABRIC_TRACES is file)",
            file=sys.stderr,
        )
    return 0 if spans else 1


async def _follow(wanted: str) -> int:
    """Print each trace when its spans are there, and again with what has come to it since."""
    import function_app  # noqa: F401
    from functions.host import fabric
    from shared.operations.reports.trace import spans_of

    shown: dict[str, int] = {}
    try:
        while True:
            traces: defaultdict[str, list[Span]] = defaultdict(list)
            for span in await spans_of(fabric(), wanted):
                traces[span.trace_id].append(span)
            for trace_id, members in traces.items():
                if shown.get(trace_id) != len(members):
                    shown[trace_id] = len(members)
                    print("\n".join(_lines(members)), flush=True)
            await asyncio.sleep(FOLLOW_SECONDS)
    finally:
        await fabric().close()


async def _spans(wanted: str) -> list["Span"]:
    import function_app  # noqa: F401
    from functions.host import fabric
    from shared.operations.reports.trace import spans_of

    try:
        return await spans_of(fabric(), wanted)
    finally:
        await fabric().close()


def _lines(spans: Sequence["Span"]) -> Iterator[str]:
    """One tree for each trace, each span below what caused it, with its begin and length."""
    traces: defaultdict[str, list[Span]] = defaultdict(list)
    for span in spans:
        traces[span.trace_id].append(span)
    for trace_id, members in traces.items():
        began = members[0].started
        when = datetime.fromtimestamp(began, UTC).isoformat(timespec="milliseconds")
        tokens = sum(_tokens(span) for span in members)
        total = max(span.started + span.seconds for span in members) - began
        yield f"trace {trace_id}  {when}  {total:.3f} s  {tokens} tokens"
        known = {span.span_id for span in members}
        children: defaultdict[str, list[Span]] = defaultdict(list)
        for span in members:
            children[span.parent_id if span.parent_id in known else ""].append(span)
        yield from _tree(children, "", began, "")


def _tree(
    children: dict[str, list["Span"]], parent: str, began: float, indent: str
) -> Iterator[str]:
    for span in children.get(parent, ()):
        offset, length = (span.started - began) * 1000, span.seconds * 1000
        yield f"  +{offset:8.1f} ms {length:8.1f} ms  {indent}{span.name}{_detail(span)}"
        yield from _tree(children, span.span_id, began, indent + "  ")


def _detail(span: "Span") -> str:
    """What an operator looks for: how it ended, tries, tokens, request units, what
    a service bills."""
    from shared.observability import conventions as names

    found = {
        "": span.attributes.get(names.FATE, ""),
        "status": span.attributes.get(names.STATUS, ""),
        "delivery": span.attributes.get(names.DELIVERY_COUNT, 1),
        "tries": span.attributes.get(names.TRIES, 1),
        "tokens": _tokens(span),
        "RU": span.attributes.get(names.REQUEST_UNITS, 0),
    }
    if unit := span.attributes.get(names.SERVICE_UNIT):
        found[str(unit)] = span.attributes.get(names.SERVICE_AMOUNT, 0)
    usual = {"delivery": 1, "tries": 1, "tokens": 0, "RU": 0}
    parts = [
        f"{name} {value}".strip()
        for name, value in found.items()
        if value != "" and value != usual.get(name)
    ]
    if span.error:
        parts.append(f"FAILED {span.error}")
    return f"  [{', '.join(parts)}]" if parts else ""


def _tokens(span: "Span") -> int:
    from shared.observability import conventions as names

    kinds = (names.INPUT_TOKENS, names.OUTPUT_TOKENS)
    return sum(int(span.attributes.get(kind, 0)) for kind in kinds)
