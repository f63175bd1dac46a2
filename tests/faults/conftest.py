"""Faults of a service need a stand-in that can be stopped, throttled and cut off."""

from tests import services
from tests.faults.broker import open_bus, start_peer

__all__ = ["open_bus", "start_peer"]

SUITES = {
    "test_cosmos.py": services.COSMOS,
    "test_servicebus.py": services.SERVICEBUS,
    "test_servicebus_dead_letters.py": services.SERVICEBUS,
    "test_dlq_broker.py": services.SERVICEBUS,
    "test_storagequeue.py": services.STORAGE,
    "test_blob.py": services.STORAGE,
}

collect_ignore = [name for name, value in SUITES.items() if not services.is_program(value)]
