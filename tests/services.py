"""Where the suites of the ports find services that are not embedded.

They start stand-ins for themselves, each on a free port. An environment variable with a
connection string has them use a service of Azure, or Microsoft's emulator, instead.
"""

import os

from stand_ins.azurite.process import missing

SERVICEBUS = os.environ.get("FABRIC_TEST_SERVICEBUS", "")
"""`Endpoint=sb://...`, of a namespace for tests alone."""

COSMOS = os.environ.get("FABRIC_TEST_COSMOS", "")
"""`AccountEndpoint=...;AccountKey=...`."""

STORAGE = os.environ.get("FABRIC_TEST_STORAGE", "")
"""`DefaultEndpointsProtocol=...`, of an account for tests alone."""

HAS_AZURITE = not missing()


def summary() -> str:
    """Say which services this run uses, without their keys."""
    found = {"Service Bus": SERVICEBUS, "Cosmos DB": COSMOS, "Storage": STORAGE}
    if not STORAGE and not HAS_AZURITE:
        found["Storage"] = "left out"
    return ", ".join(f"{name}: {_kind(value)}" for name, value in found.items())


def shared() -> bool:
    """Whether the suites use a service that there is only one of, and must not meet there."""
    return bool(SERVICEBUS or COSMOS or STORAGE)


def _kind(value: str) -> str:
    return "as configured" if "=" in value else value or "a stand-in"
