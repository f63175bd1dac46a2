"""Faults of a service: its stand-in is stopped, throttled and cut off."""

from tests import services
from tests.faults.broker import open_bus, start_peer

__all__ = ["open_bus", "start_peer"]

collect_ignore = [] if services.HAS_AZURITE else ["test_storagequeue.py", "test_blob.py"]
