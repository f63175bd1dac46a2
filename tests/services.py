"""Where the suites find services that are not embedded, by environment variable.

A value is a connection string, or the path of a program that stands in for the service and
that a test starts for itself, on a free port. Without a value the suites do not know that
service.
"""

import os

SERVICEBUS = os.environ.get("FABRIC_TEST_SERVICEBUS", "")
"""`Endpoint=sb://...`, or a Service Bus peer."""

COSMOS = os.environ.get("FABRIC_TEST_COSMOS", "")
"""`AccountEndpoint=...;AccountKey=...`, or a Cosmos DB peer."""

STORAGE = os.environ.get("FABRIC_TEST_STORAGE", "")
"""`DefaultEndpointsProtocol=...`, or Azurite's `main.js`."""


def summary() -> str:
    """Which services this run knows, without their keys."""
    known = {"Service Bus": SERVICEBUS, "Cosmos DB": COSMOS, "Storage": STORAGE}
    return ", ".join(f"{name}: {_kind(value)}" for name, value in known.items())


def is_program(value: str) -> bool:
    return bool(value) and "=" not in value


def shared() -> bool:
    """Whether the suites use a service that there is only one of, and must not meet there."""
    return any(value and not is_program(value) for value in (SERVICEBUS, COSMOS, STORAGE))


def _kind(value: str) -> str:
    if not value:
        return "embedded only"
    return "a stand-in" if is_program(value) else "as configured"
