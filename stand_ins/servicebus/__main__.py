"""`python -m stand_ins.servicebus --port 5672 --config entities.json`: a namespace of its own."""

import argparse
import asyncio
import json
import logging
from pathlib import Path

from stand_ins.server import Server, run
from stand_ins.servicebus.broker import Broker
from stand_ins.servicebus.faults import Faults
from stand_ins.servicebus.server import ServiceBusServer
from stand_ins.servicebus.settings import EntitySettings


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m stand_ins.servicebus", description=__doc__)
    add = parser.add_argument
    add("--port", type=int, default=0, help="AMQP, on 127.0.0.1; 0 picks a free one")
    add("--config", type=Path, metavar="FILE", help="JSON that lists queues and topics")
    add("--queue", action="append", default=[], metavar="NAME[:session]", help="add a queue")
    add("--auto-create", action="store_true", help="make a queue that is asked for")
    add("--control", type=int, metavar="PORT", help="of HTTP: /stats /pause /resume /drop")
    add("--drop-connections-every", type=float, default=0.0, metavar="SECONDS", help="cut them all")
    add("--lose-settlement-rate", type=float, default=0.0, metavar="P", help="0 to 1")
    add("--duplicate-rate", type=float, default=0.0, metavar="P", help="0 to 1")
    add("--seed", type=int, help="makes the draws repeatable")
    add("--verbose", action="store_true", help="log frames to stderr")
    return parser.parse_args()


def made(given: argparse.Namespace) -> Server:
    faults = Faults(given.lose_settlement_rate, given.duplicate_rate, given.seed)
    broker = Broker(faults, auto_create=given.auto_create)
    if given.config:
        broker.load(json.loads(given.config.read_text()))
    for spec in given.queue:
        name, _, kind = spec.partition(":")
        if kind not in ("", "session"):
            raise SystemExit(f"--queue {spec}: only ':session' may follow the name")
        broker.add_queue(name, EntitySettings(requires_session=kind == "session"))
    dropped = given.drop_connections_every
    server = ServiceBusServer(broker, given.port, drop_every_seconds=dropped)
    if given.control is None:
        return server
    from stand_ins.servicebus.control import ControlledServiceBus

    return ControlledServiceBus(server, given.control)


if __name__ == "__main__":
    given = arguments()
    logging.basicConfig(level=logging.DEBUG if given.verbose else logging.WARNING)
    asyncio.run(run(made(given)))
