"""`botfabric talk`: one turn through the real pipeline, without a server.

The message goes in as the web channel's would, and this process runs the queues until the
conversation has come to rest; another host on the same data folder may do the work instead.
"""

import argparse
import asyncio
import json
import secrets
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from cli import console_log
from cli.function import load_functions
from cli.host import Host
from cli.host_json import HostJson
from cli.numbers import seconds
from shared.activity import Activity
from shared.bot import Bot
from shared.channels.directline.log import ActivityLog
from shared.channels.directline.typed import typed
from shared.errors import ConfigurationError
from shared.fabric import Fabric
from shared.observability import trace
from shared.pipeline.door.accept import accept, at_rest
from shared.ports.channel import Inbound

LOOK_SECONDS = 0.02


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("bot", metavar="BOT", help="id of the bot (botfabric list)")
    parser.add_argument("text", metavar="TEXT", help="what to say")
    parser.add_argument("--conversation", metavar="ID", help="go on with this one (default: new)")
    parser.add_argument("--user", metavar="ID", default="local", help="who is talking")
    parser.add_argument("--json", action="store_true", help="one JSON object with the activities")
    parser.add_argument(
        "--timeout", metavar="S", type=seconds(), default=60, help="seconds to wait (default: 60)"
    )


def run(arguments: argparse.Namespace, root: Path) -> int:
    console_log.configure(quiet=True)
    return asyncio.run(_talk(arguments, root))


async def _talk(arguments: argparse.Namespace, root: Path) -> int:
    limits = HostJson.load(root / "host.json")
    functions = load_functions(limits.function_timeout)
    from functions.host import fabric

    host = Host(functions, limits, fabric())
    said = _message(fabric(), arguments)
    heard: list[Activity] = []
    try:
        await _know_meanings(fabric(), said.bot)
        host.start_triggers()
        async with asyncio.timeout(arguments.timeout):
            async for reply in Exchange(fabric(), host, said).replies():
                heard.append(reply)
                if not arguments.json:
                    print(_text(reply), flush=True)
        complete = True
    except TimeoutError:
        complete = False
        print(f"error: no complete answer within {arguments.timeout:g} s", file=sys.stderr)
    finally:
        await host.stop()
    if arguments.json:
        conversation = said.reference.conversation
        body = {"bot": said.bot.id, "conversation": conversation, "activities": heard}
        print(json.dumps(body, ensure_ascii=False))
    if complete and not heard:
        print(f"error: no answer; {_why_silent(said)}", file=sys.stderr)
    return 0 if complete and heard else 1


def _why_silent(said: Inbound) -> str:
    """What an author looks at when a turn said nothing."""
    return (
        f"the turn of {said.bot.id} ended without a reply: a skill said nothing, a person has the "
        "conversation, or it is a dead letter (botfabric dlq list)"
    )


async def _know_meanings(fabric: Fabric, bot: Bot) -> None:
    """There is no second turn that could profit: load the encoder before the first."""
    from cli.warm import warm

    await warm(fabric, [bot])


def _message(fabric: Fabric, arguments: argparse.Namespace) -> Inbound:
    """A message as the web channel takes it in; the bot need not be on the web."""
    bot = fabric.bots.get(arguments.bot)
    if bot is None:
        known = ", ".join(fabric.bots) or "none"
        raise ConfigurationError(f"there is no bot {arguments.bot!r}; the bots are: {known}")
    conversation = arguments.conversation or f"talk-{secrets.token_hex(8)}"
    return typed(bot, arguments.text, user=arguments.user, conversation=conversation)


@dataclass
class Exchange:
    """One message, and what the bot says until the conversation is at rest."""

    fabric: Fabric
    host: Host
    said: Inbound

    async def replies(self) -> AsyncIterator[Activity]:
        log = ActivityLog(self.fabric.store)
        conversation = self.said.reference.conversation
        last, calm = 0, 0
        while (read := await log.read(conversation, last))[0]:
            last = read[1]
        await self.fabric.web.record(self.said)
        with trace.span("", "talk"):
            await accept(self.fabric, [self.said])
        while calm < 2:
            calm = calm + 1 if await self._at_rest() else 0
            activities, last = await log.read(conversation, last)
            for activity in activities:
                if activity.sender.get("role") == "bot" and activity.type != "typing":
                    yield activity
            await asyncio.sleep(LOOK_SECONDS)

    async def _at_rest(self) -> bool:
        """Answered, nothing left to send, and nothing under way in this process."""
        return self.host.idle and await at_rest(self.fabric, self.said)


def _text(activity: Activity) -> str:
    kinds = [f"[{item.get('contentType', 'attachment')}]" for item in activity.attachments]
    return "\n".join([*filter(None, [activity.text]), *kinds]) or f"[{activity.type}]"
