"""Ports for servers that have to be told theirs, when 0 will not do.

They lie below those that Linux gives out by itself, and each worker of pytest-xdist has a
thousand of its own: between the look and the use, nobody else in this run takes one.
"""

import os
import socket
from contextlib import closing
from itertools import count

LOWEST, EACH = 20_000, 1_000

_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_next = count(os.getpid())


def free_port() -> int:
    """A port of 127.0.0.1 that nobody has, and that is not given again soon."""
    for number in _next:
        port = LOWEST + _worker * EACH + number % EACH
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port
    raise AssertionError  # there are always more numbers
