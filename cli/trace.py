"""`botfabric trace`: the tree of hops of a conversation, a message or a trace."""

import argparse
import asyncio
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from cli import console_log

if TYPE_CHECKING:
    from shared.governance.prices import Prices
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
    parser.add_argument(
        "--json", action="store_true", help="the spans, as one JSON array; with --follow one a line"
    )


def run(arguments: argparse.Namespace, root: Path) -> int:
    """Exit code 1 when nothing is known of the id; `--follow` ends by Ctrl-C."""
    console_log.configure(quiet=True)
    if arguments.follow:
        return asyncio.run(_follow(arguments.id, as_json=arguments.json))
    spans, prices = asyncio.run(_spans(arguments.id))
    if arguments.json:
        print(json.dumps([asdict(span) for span in spans], ensure_ascii=False))
    elif spans:
        from cli.span_tree import Tree

        print("\n".join(Tree(prices).lines(spans)))
    if not spans:
        print(
            f"error: no trace of {arguments.id!r}; write what the log calls trace, conversation or "
            "id, or a channel's own id (spans are kept for 14 days where FABRIC_TRACES is file)",
            file=sys.stderr,
        )
    return 0 if spans else 1


async def _follow(wanted: str, *, as_json: bool) -> int:
    """Print each trace when its spans are there, and again with what has come to it since.

    As JSON each span is one line, once.
    """
    import function_app  # noqa: F401
    from cli.span_tree import Tree
    from functions.host import fabric
    from shared.operations.reports.trace import Followed

    followed = Followed(fabric(), wanted)
    tree = Tree(fabric().prices)
    try:
        while True:
            for whole, fresh in await followed.news():
                lines = [json.dumps(asdict(s)) for s in fresh] if as_json else tree.lines(whole)
                print("\n".join(lines), flush=True)
            await asyncio.sleep(FOLLOW_SECONDS)
    finally:
        await fabric().close()


async def _spans(wanted: str) -> "tuple[list[Span], Prices]":
    import function_app  # noqa: F401
    from functions.host import fabric
    from shared.operations.reports.trace import spans_of

    try:
        return await spans_of(fabric(), wanted), fabric().prices
    finally:
        await fabric().close()
