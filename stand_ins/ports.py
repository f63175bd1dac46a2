"""Ports for programs that have to be told theirs."""

import socket
from contextlib import ExitStack

from stand_ins.server import HOST


def free_ports(count: int) -> list[int]:
    """Return so many different ports that nobody listens on now."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind((HOST, 0))
        return [int(each.getsockname()[1]) for each in sockets]
