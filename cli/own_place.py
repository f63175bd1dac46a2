"""A store and a bus of one's own for a command, and nothing of what the settings name."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

SETTINGS = {
    "FABRIC_ENVIRONMENT": "local",
    "FABRIC_TRACES": "off",
    "FABRIC_SQLITE_SYNCHRONOUS": "NORMAL",  # what is thrown away need not survive a power cut
}
LEFT_ASIDE = (
    *("FABRIC_STORE_URL", "FABRIC_BUS_URL", "FABRIC_EVENTS_URL"),
    *("ServiceBusConnection", "AzureWebJobsStorage"),
)
"""Settings that name a store or a bus."""


@contextmanager
def own_place(command: str) -> Iterator[Path]:
    """Point the settings of this process to an empty folder; it is gone afterwards."""
    for name in LEFT_ASIDE:
        os.environ.pop(name, None)
    with TemporaryDirectory(prefix=f"botfabric-{command}-") as folder:
        os.environ.update(SETTINGS, FABRIC_DATA_DIR=folder)
        yield Path(folder)
