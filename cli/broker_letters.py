"""`botfabric dlq broker`: what lies in the dead-letter sub-queues of the broker itself."""

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from cli import operator
from cli.list import table
from shared.errors import FabricError
from shared.fabric import Fabric
from shared.operations.deeds import record
from shared.queues import DEAD_LETTERS, EVENTS, OUTBOUND, WEBHOOKS, skill_queue

PAGE = 100


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--queue", default="", metavar="NAME", help="only this queue's")
    parser.add_argument(
        "--resubmit", action="store_true", help="send each again, in order, to where it died"
    )
    parser.add_argument("--json", action="store_true", help="one JSON array")


async def run(fabric: Fabric, arguments: argparse.Namespace) -> int:
    """Exit code 1 when a queue cannot be read or something could not be sent again."""
    if not hasattr(fabric.bus, "dead_letters"):
        told = "this bus keeps no dead letters of its own: botfabric dlq list has them all"
        print("[]" if arguments.json else told)
        return 0
    rows, failed = [], False
    for queue in [arguments.queue] if arguments.queue else queues(fabric):
        try:
            rows += await _queue(fabric, queue, resubmit=arguments.resubmit)
        except FabricError as error:
            failed = True
            print(f"error: {queue}: {error}", file=sys.stderr)
    print(json.dumps(rows) if arguments.json else table("the broker's dead letters", rows))
    return 1 if failed else 0


def queues(fabric: Fabric) -> Sequence[str]:
    """Every queue of the app."""
    return [*map(skill_queue, fabric.skills), OUTBOUND, EVENTS, WEBHOOKS, DEAD_LETTERS]


async def _queue(fabric: Fabric, queue: str, *, resubmit: bool) -> list[dict[str, Any]]:
    """What lies there, or what was sent again from there, a page at a time."""
    bus: Any = fabric.bus
    desk = bus.dead_letters(queue)
    rows, after = [], 0
    while page := await desk.look(PAGE, after=after):
        after = page[-1].number
        if resubmit:
            target = {"queue": queue, "letters": ", ".join(letter.id for letter in page)}
            numbers = [letter.number for letter in page]
            again = partial(desk.resubmit, numbers)
            await record.on_record(fabric, operator.here(), "resubmit", target, again)
        rows += [
            {
                "queue": queue,
                "id": letter.id,
                "session": letter.session,
                "source": letter.source,
                "reason": letter.reason,
                "description": letter.description,
                "deliveries": letter.count,
                "sent": datetime.fromtimestamp(letter.enqueued_at, UTC).isoformat(
                    timespec="seconds"
                ),
            }
            for letter in page
        ]
    return rows
