"""The backends that the suites of the ports run on. A new one joins by one line."""

from collections.abc import Callable
from pathlib import Path

from shared.messaging.queue_topic import QueueTopic
from shared.messaging.sqlite import SqliteBus
from shared.ports import PeekLockBus, Store, Topic
from shared.storage.sqlite import SqliteStore

STORES: dict[str, Callable[[Path], Store]] = {
    "sqlite": lambda folder: SqliteStore(folder / "store.db"),
}
BUSES: dict[str, Callable[..., PeekLockBus]] = {
    "sqlite": lambda folder, **options: SqliteBus(folder / "bus.db", **options),
}
TOPICS: dict[str, Callable[[PeekLockBus], Topic]] = {
    "queue": QueueTopic,
}
"""A topic, and the bus whose queue `events` its facts arrive in."""
