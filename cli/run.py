"""`botfabric run`: the local host in this process, or under a supervisor that reloads it."""

import argparse
import asyncio
import os
import sys
from collections.abc import Iterable
from pathlib import Path

from cli import console_log, process
from cli.function import load_functions
from cli.host import Host, stop_signal
from cli.host_json import HostJson
from cli.list import channels
from cli.port import DEFAULT_PORT, port_text
from cli.reload import PORT_TAKEN, supervise
from shared.bot import Bot
from shared.errors import ConfigurationError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--port",
        type=int,
        metavar="N",
        help=f"port on 127.0.0.1; 0 takes a free one (default: PORT, else {DEFAULT_PORT})",
    )
    parser.add_argument("--no-http", action="store_true", help="run queues and timers only")
    parser.add_argument(
        "--no-triggers",
        action="store_true",
        help="serve HTTP only: messages are acknowledged and wait in their queues",
    )
    parser.add_argument(
        "--reload",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="start again when a file of the app changes (default: on a terminal)",
    )
    parser.add_argument("--supervised", type=int, metavar="FD", help=argparse.SUPPRESS)
    parser.add_argument(
        "--log",
        choices=("auto", "text", "json"),
        default="auto",
        help="form of the log on stderr (default: text on a terminal, else json)",
    )


def run(arguments: argparse.Namespace, root: Path) -> int:
    if arguments.no_http and arguments.no_triggers:
        raise ConfigurationError("--no-http and --no-triggers together leave nothing to run")
    reload = sys.stdout.isatty() if arguments.reload is None else arguments.reload
    if reload:
        return supervise(root)
    console_log.configure(arguments.log)
    return process.run(_serve(root, arguments))


async def _serve(root: Path, arguments: argparse.Namespace) -> int:
    limits = HostJson.load(root / "host.json")
    functions = load_functions(limits.function_timeout)
    from functions.host import fabric

    stop = stop_signal()
    if arguments.supervised is not None:
        asyncio.get_running_loop().add_reader(arguments.supervised, stop.set)
    host = Host(functions, limits, fabric())
    try:
        port = None
        if not arguments.no_http:
            wanted = _port(arguments.port)
            try:
                port = await host.start_http(wanted)
            except OSError as error:
                reason = os.strerror(error.errno or 0).lower()
                advice = f"choose another: PORT={wanted + 1} make run, or --port"
                print(f"error: port {wanted}: {reason}; {advice}", file=sys.stderr)
                return 1 if arguments.supervised is None else PORT_TAKEN
        if not arguments.no_triggers:
            host.start_triggers()
        process.started()
        _announce(port, fabric().bots.values())
        warming = None
        if fabric().settings.embeddings == "warm" and not arguments.no_triggers:
            from cli.warm import warm

            warming = asyncio.create_task(warm(fabric(), fabric().bots.values()))
        await stop.wait()
        if warming:
            warming.cancel()
        return 0
    finally:
        await host.stop()


def _port(chosen: int | None) -> int:
    text = str(chosen) if chosen is not None else port_text()
    if not text.isdecimal() or int(text) > 65535:
        raise ConfigurationError(f"the port is {text!r}; write a number from 0 to 65535")
    return int(text)


def _announce(port: int | None, bots: Iterable[Bot]) -> None:
    """One line that says it runs; on a terminal also where to click."""
    url = f"http://127.0.0.1:{port}"
    print("ready" if port is None else f"ready {url}", flush=True)
    if port is not None and sys.stdout.isatty():
        print(f"\n  Chat with your bots at {url}/\n")
        for bot in bots:
            print(f"    {bot.id:<16} {bot.name} ({', '.join(channels(bot)) or 'no channel'})")
        print(f"\n  Health {url}/api/health. Stop with Ctrl+C.\n", flush=True)
