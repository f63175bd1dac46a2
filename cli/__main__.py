"""`botfabric`, also `python -m cli`: what a person types."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

from cli.local_settings import enter_app_root
from shared.errors import ConfigurationError, TransientError

COMMANDS = {
    "run": "the local host: HTTP on 127.0.0.1, queues and timers",
    "func": "the same app under Azure Functions Core Tools, with Azurite",
    "talk": "one turn with a bot, the reply on stdout; needs no server",
    "list": "bots, skills, functions and what sets them off",
    "new": "a bot or a skill with its test, ready to run",
    "doctor": "what is set wrong, each with what to do",
    "pack": "a folder for each function app, as func publish and a container build take it",
    "verify": "the conformance kit: what a bot or a skill promises, tried",
    "knowledge": "documents become articles: sync, list, search",
    "eval": "a bot's own cases against its floor: exit code 1 below it",
    "replay": "what was said to the bots, said again to today's code, and what differs",
    "simulate": "Teams or WhatsApp beside a running host, with their rules and with faults",
    "stand-ins": "Service Bus, Cosmos DB and the other services of Azure, on this machine",
    "books": "accepted, done, parked, dead, pending, repeated: they balance",
    "trace": "the hops of a conversation, a message or a trace, with time, tokens and fates",
    "usage": "which bots are used, by how many people, and how fast they answer",
    "alerts": "what has gone wrong and lasts, each with what to do",
    "slow": "which systems and models people wait for, the slowest first",
    "cost": "what the bots cost, by department, bot and meter; a FOCUS file",
    "budgets": "what bots and departments may spend, what they did, what calls hold",
    "stop": "the kill switch of a bot or a skill; what waits is kept",
    "start": "let a stopped bot or skill go on",
    "tools": "the tools of other systems' MCP servers, as pinned: accept what has changed",
    "waiting": "people who wait for a person: answer, return",
    "approvals": "deeds that wait for a second person: list, approve, deny",
    "rollout": "a share of the conversations gets another version of a skill",
    "dlq": "what nobody will try again: list, show, redrive, discard, broker",
    "token": "an operator's token of the stand-in for Entra, on this machine",
    "policy": "the organisation's rules over the bots' manifests",
    "person": "everything kept of one person: show, export, erase, with a receipt",
    "audit": "what operators did, and whether that record is whole",
    "chaos": "break the platform on purpose: does it keep its promises?",
}
"""Each is a module, `-` as `_`, with `add_arguments(parser)` and `run(arguments, root)`."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Exit code 2 means that the configuration or the usage is wrong."""
    argv = sys.argv[1:] if argv is None else argv
    arguments = _parser(argv).parse_args(argv)
    run: Callable[[argparse.Namespace, Path], int] = arguments.run
    try:
        return run(arguments, enter_app_root())
    except ConfigurationError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except TransientError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _parser(argv: Sequence[str]) -> argparse.ArgumentParser:
    """All commands, the arguments of the one that is typed: only its module is imported."""
    parser = argparse.ArgumentParser(prog="botfabric", description="Bot Fabric on this machine.")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, purpose in COMMANDS.items():
        command = commands.add_parser(name, help=purpose, description=f"{name}: {purpose}.")
        if name in argv:
            module = import_module(f"cli.{name.replace('-', '_')}")
            module.add_arguments(command)
            command.set_defaults(run=module.run)
    return parser


if __name__ == "__main__":
    sys.exit(main())
