"""`botfabric simulate`: Teams or WhatsApp beside a running host, with a person who says things.

Start it, point a host at it with the settings that it prints, and see what the bot answers;
`--fault` makes the service misbehave, `POST /_control` does so while it runs.
"""

import argparse
import asyncio
import json
import os
import re
import secrets
import sys
import threading
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from cli.answers import Judge, Turn
from cli.numbers import seconds, whole
from cli.port import DEFAULT_PORT, port_text
from shared.activity import Activity, ConversationReference
from shared.bot import Bot
from shared.errors import ConfigurationError
from shared.manifest.bots import load_bots
from shared.pipeline.door.accept import arrival
from shared.ports.channel import Inbound
from simulators.teams import FAULTS as TEAMS_FAULTS
from simulators.teams import TENANT, TeamsSimulator
from simulators.transcript import Said
from simulators.webhook import Delivery, Webhook
from simulators.whatsapp import FAULTS as WHATSAPP_FAULTS
from simulators.whatsapp import WhatsAppSimulator
from simulators.whatsapp_graph import user_id

Simulator = TeamsSimulator | WhatsAppSimulator

_PHONE = re.compile(r"[0-9]{4,15}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = f"{_list('teams', TEAMS_FAULTS)}\n\n{_list('whatsapp', WHATSAPP_FAULTS)}"
    parser.add_argument("service", choices=("teams", "whatsapp"), help="which service to simulate")
    parser.add_argument("--bot", metavar="ID", required=True, help="the bot to talk to")
    parser.add_argument(
        "--say",
        metavar="TEXT",
        action="append",
        help="say this; may be repeated (default: each line of stdin)",
    )
    parser.add_argument(
        "--user",
        metavar="ID",
        default=f"3165{secrets.randbelow(10**7):07}",
        help="who is talking, on WhatsApp a phone number (default: somebody new)",
    )
    parser.add_argument(
        "--url",
        metavar="URL",
        default=f"http://127.0.0.1:{port_text()}",
        help=f"the host (default: this machine's at PORT, else {DEFAULT_PORT})",
    )
    parser.add_argument(
        "--port", type=whole(0, 65535), metavar="N", default=0, help="default: a free one"
    )
    parser.add_argument(
        "--fault",
        metavar="NAME:RATE[:SECONDS]",
        action="append",
        default=[],
        help="how often the service misbehaves, as in 429:0.1:2; may be repeated",
    )
    parser.add_argument("--seed", type=int, metavar="N", default=0, help="seed of the faults")
    parser.add_argument(
        "--timeout", metavar="S", type=seconds(), default=60, help="seconds to wait for an answer"
    )
    parser.add_argument(
        "--quiet",
        metavar="S",
        type=seconds(zero=True),
        default=0.5,
        help="seconds without more end an answer",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object at the end")


def run(arguments: argparse.Namespace, root: Path) -> int:
    simulator = _simulator(arguments)
    try:
        for spec in arguments.fault:
            simulator.faults.parse(spec)
    except ValueError as error:
        raise ConfigurationError(f"--fault: {error}") from None
    return asyncio.run(_simulate(simulator, arguments))


async def _simulate(simulator: Simulator, arguments: argparse.Namespace) -> int:
    shown = sys.stderr if arguments.json else sys.stdout
    turns: list[Turn] = []
    judge = _judge(simulator, arguments)
    try:
        async with simulator:
            print(f"ready {simulator.server.url}", file=shown)
            for name, value in simulator.settings.items():
                print(f"{name}={value}", file=shown, flush=True)
            async with Webhook(timeout=5) as probe:
                if not await probe.until_healthy(arguments.url, arguments.timeout):
                    print(f"error: no host answers at {arguments.url}", file=sys.stderr)
                    return 1
            if isinstance(simulator, WhatsAppSimulator) and not await simulator.verify():
                print("error: the host refuses the verification handshake", file=sys.stderr)
            async for text in _script(arguments.say):
                turns.append(await _turn(simulator, text, arguments, judge))
                if not arguments.json:
                    print(turns[-1], flush=True)
            report = simulator.report()
    except OSError as error:
        reason = os.strerror(error.errno or 0).lower()
        print(f"error: port {arguments.port}: {reason}; choose another: --port", file=sys.stderr)
        return 1
    if not turns:
        print("error: nothing was said; write --say TEXT, or lines on stdin", file=sys.stderr)
        return 2
    if arguments.json:
        body = {
            "service": arguments.service,
            "bot": arguments.bot,
            "turns": [turn.to_dict() for turn in turns],
        }
        print(json.dumps(body | report, ensure_ascii=False))
    return 0 if all(turn.answers for turn in turns) else 1


async def _turn(
    simulator: Simulator, text: str, arguments: argparse.Namespace, judge: Judge
) -> Turn:
    """Say it, and listen until the bot has been quiet for a while after an answer."""
    said, turn = simulator.transcript.said, Turn(text)
    heard = len(said)

    def news() -> bool:
        return len(said) > heard

    delivery = await _say(simulator, text, arguments.user)
    turn.status = delivery.statuses[-1]
    judge.said(delivery.ids)
    deadline = time.monotonic() + arguments.timeout
    with suppress(TimeoutError):
        while delivery.acknowledged:
            wait = arguments.quiet if turn.answers else deadline - time.monotonic()
            await simulator.transcript.until(news, wait)
            turn.heard += [(_text(one), judge.mark(one)) for one in said[heard:]]
            heard = len(said)
    return turn


async def _say(simulator: Simulator, text: str, user: str) -> Delivery:
    if isinstance(simulator, TeamsSimulator):
        return await simulator.say(text, user=f"29:{user}", conversation=f"a:{user}")
    return await simulator.say(text, user=user)


def _judge(simulator: Simulator, arguments: argparse.Namespace) -> Judge:
    if isinstance(simulator, TeamsSimulator):
        return Judge()
    place = ConversationReference(
        arguments.bot, "whatsapp", user_id(arguments.user), account=simulator.number
    )
    bot = _bot(arguments.bot)

    def work_of(id: str) -> str:
        return arrival(Inbound(bot, place, Activity(type="message", id=id))).id

    return Judge(work_of)


def _text(said: Said) -> str:
    return said.text or f"[{said.body.get('type')}]"


async def _script(given: Sequence[str] | None) -> AsyncIterator[str]:
    """What was given, else stdin by lines, read beside so that Ctrl+C is not held up."""
    if given is not None:
        for text in given:
            yield text
        return
    lines: asyncio.Queue[str] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def read() -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody listens any more
            for line in sys.stdin:
                loop.call_soon_threadsafe(lines.put_nowait, line)
            loop.call_soon_threadsafe(lines.put_nowait, "")

    threading.Thread(target=read, daemon=True).start()
    while line := await lines.get():
        if line.strip():
            yield line.strip()


def _simulator(arguments: argparse.Namespace) -> Simulator:
    bot = _bot(arguments.bot)
    url, port, seed = arguments.url.rstrip("/"), arguments.port, arguments.seed
    if arguments.service == "teams":
        if (teams := bot.channels.teams) is None:
            raise ConfigurationError(f"bot {bot.id} is not on Teams: it has no [channels.teams]")
        return TeamsSimulator(
            f"{url}/api/teams/{bot.id}",
            app_id=teams.app_id,
            tenant=teams.tenant_id or TENANT,
            port=port,
            seed=seed,
        )
    if (whatsapp := bot.channels.whatsapp) is None:
        raise ConfigurationError(f"bot {bot.id} is not on WhatsApp: it has no [channels.whatsapp]")
    if not _PHONE.fullmatch(arguments.user):
        raise ConfigurationError(
            "--user is no phone number; write 4 to 15 digits with the country code, as in "
            "31655501001"
        )
    named = {
        "app_secret": os.environ.get("FABRIC_WHATSAPP_APP_SECRET", "").partition(",")[0],
        "verify_token": os.environ.get("FABRIC_WHATSAPP_VERIFY_TOKEN", ""),
        "access_token": os.environ.get("FABRIC_WHATSAPP_ACCESS_TOKEN", ""),
    }
    known: dict[str, Any] = {name: value for name, value in named.items() if value}
    return WhatsAppSimulator(
        f"{url}/api/whatsapp", number=whatsapp.phone_number_id, port=port, seed=seed, **known
    )


def _bot(id: str) -> Bot:
    directory = Path(os.environ.get("FABRIC_BOTS_DIR") or "bots")
    bots = load_bots(directory, os.environ, local=True)
    if id not in bots:
        known = ", ".join(bots) or "none"
        raise ConfigurationError(f"there is no bot {id!r}; the bots are: {known}")
    return bots[id]


def _list(service: str, faults: dict[str, str]) -> str:
    lines = [f"  {name:<8} {what}" for name, what in faults.items()]
    return "\n".join([f"faults of {service}:", *lines])
