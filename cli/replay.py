"""`botfabric replay`: what was said to the bots, said again to today's code, and what differs."""

import argparse
import asyncio
import json
import os
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from cli import console_log
from cli.numbers import seconds, whole
from cli.own_place import own_place
from shared.errors import ConfigurationError
from shared.observability.redacted import hidden

if TYPE_CHECKING:
    from evaluation.recorded import Conversation, Difference

OUTWARD = {
    "FABRIC_BACKENDS_FILE": "backends.toml",
    "FABRIC_WEBHOOKS_FILE": "webhooks.toml",
}
"""Files that name what is outside; a replay has empty ones, so nothing leaves it."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument(
        "conversation", nargs="?", metavar="CONVERSATION", help="a conversation's key"
    )
    which.add_argument(
        "--last", metavar="N", type=whole(1), help="the conversations of the last N messages"
    )
    parser.add_argument("--bot", default="", help="of one bot only, with --last")
    parser.add_argument(
        "--timeout", metavar="S", type=seconds(), default=120, help="seconds a round may take"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(arguments: argparse.Namespace, root: Path) -> int:
    """Exit code 1 when something differs."""
    console_log.configure(quiet=True)
    chosen = asyncio.run(_recorded(arguments))
    with own_place("replay") as folder:
        for name, file in OUTWARD.items():
            empty = folder / file
            empty.touch()
            os.environ[name] = str(empty)
        found = asyncio.run(_replayed(arguments, root, chosen))
    found = [without_identifiers(one) for one in found]
    turns = sum(len(one.exchanges) for one in chosen)
    if arguments.json:
        rows = [asdict(one) for one in found]
        print(json.dumps({"turns": turns, "differences": rows}, ensure_ascii=False))
    else:
        print("\n\n".join([*map(_shown, found), _summary(turns, found)]))
    return 1 if found else 0


async def _recorded(arguments: argparse.Namespace) -> "list[Conversation]":
    """Raises ConfigurationError when nothing was said."""
    from evaluation.recorded import conversations, newest
    from shared import adapters
    from shared.identity.credential import credential
    from shared.records.seen import transcripts
    from shared.settings import Settings

    settings = Settings.from_environ()
    store = adapters.store(
        settings, lambda: credential(local=settings.local, client_id=settings.client_id)
    )
    try:
        items = [item async for item in transcripts(store, arguments.conversation)]
    finally:
        await store.close()
    found = [one for one in conversations(items) if arguments.bot in ("", one.bot)]
    if not found:
        raise ConfigurationError(
            "nothing to replay: no transcript has a message there; write a conversation's key as "
            "the log has it, or --last 20 (transcripts end with retention.transcript_days)"
        )
    return newest(found, arguments.last) if arguments.last else found


async def _replayed(
    arguments: argparse.Namespace, root: Path, chosen: "list[Conversation]"
) -> "list[Difference]":
    from cli.function import load_functions
    from cli.host import Host
    from cli.host_json import HostJson
    from evaluation.recorded import Conversation, conversations, differences
    from evaluation.stage import Stage
    from shared.records.seen import transcripts

    limits = HostJson.load(root / "host.json")
    functions = load_functions(limits.function_timeout)
    from functions.host import fabric

    known = [one for one in chosen if one.bot in fabric().bots]
    host = Host(functions, limits, fabric())
    found: list[Difference] = []
    try:
        host.start_triggers()
        stage = Stage(fabric(), lambda: host.idle, round_seconds=arguments.timeout)
        begun = 0
        async for _ in stage.hold([one.to_case() for one in known]):
            begun += 1
        items = [item async for item in transcripts(fabric().store)]
        now = {one.key: one for one in conversations(items)}
        for was in known:
            key = stage.key_of(was.to_case())
            found += differences(was, now.get(key, Conversation(key, was.bot)))
    finally:
        await host.stop()
    return found


def without_identifiers(one: "Difference") -> "Difference":
    """What is printed has the kind of each identifier of a person in its place."""
    return replace(one, say=hidden(one.say), was=hidden(one.was), now=hidden(one.now))


def _shown(one: "Difference") -> str:
    return (
        f"{one.conversation}, message {one.number}: {one.say}\n"
        f"  {one.what} was: {_indented(one.was)}\n  {one.what} now: {_indented(one.now)}"
    )


def _indented(text: str) -> str:
    return text.replace("\n", "\n    ") or "(nothing)"


def _summary(turns: int, found: "list[Difference]") -> str:
    differ = len({(one.conversation, one.number) for one in found})
    return f"{turns} messages said again, {differ} answered in another way"
