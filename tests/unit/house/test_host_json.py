"""host.json: valid by its published schema, and in step with the code's own times."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli.host_json import HostJson
from shared.messaging.storagequeue.bus import StorageQueueBus
from shared.pipeline.turns.order import QUEUE_PATIENCE
from shared.pipeline.turns.outage import LONGEST_OUTAGE
from shared.pipeline.turns.run import TURN_SECONDS

ROOT = Path(__file__).parents[3]
SPAN = {"type": "string", "pattern": r"^(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d$"}
COUNT = {"type": "integer", "minimum": 1}
SERVICE_BUS_5: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "autoCompleteMessages": {"type": "boolean"},
        "maxAutoLockRenewalDuration": SPAN,
        "maxConcurrentCalls": COUNT,
        "maxConcurrentSessions": COUNT,
        "prefetchCount": {"type": "integer", "minimum": 0},
        "sessionIdleTimeout": SPAN,
    },
}
"""The keys we use of the extension's version 5, which the published copy is older than."""

Json = dict[str, Any]


def ours() -> Json:
    body: Json = json.loads((ROOT / "host.json").read_bytes())
    return body


def valid(body: Json) -> bool:
    from jsonschema import Draft4Validator

    schema = json.loads((ROOT / "tests" / "schemas" / "host.json").read_bytes())
    extensions = schema["definitions"]["version-2"]["properties"]["extensions"]
    extensions["properties"]["serviceBus"] = SERVICE_BUS_5
    return Draft4Validator(schema).is_valid(body)


def test_it_is_valid() -> None:
    assert valid(ours())


def wrong(change: Callable[[Json], object]) -> Json:
    body = ours()
    change(body)
    return body


@pytest.mark.parametrize(
    "change",
    [
        lambda body: body.update(functionTimeOut="00:10:00"),
        lambda body: body.update(functionTimeout=600),
        lambda body: body["extensions"]["queues"].update(batchSize="16"),
        lambda body: body["extensions"]["queues"].update(batchSize=33),
        lambda body: body["extensions"]["queues"].update(messageEncoding="utf8"),
        lambda body: body["extensions"]["serviceBus"].update(maxConcurrentSessions="8"),
        lambda body: body["extensions"]["serviceBus"].update(maxSessions=8),
        lambda body: body["extensions"]["http"].pop("routePrefix"),
        lambda body: body.pop("version"),
    ],
)
def test_a_mistake_is_refused(change: Callable[[Json], object]) -> None:
    assert not valid(wrong(change))


@pytest.fixture(scope="module")
def limits() -> HostJson:
    return HostJson.load(ROOT / "host.json")


@pytest.fixture(scope="module")
def queues() -> Json:
    found: Json = ours()["extensions"]["queues"]
    return found


@pytest.fixture(scope="module")
def service_bus() -> Json:
    found: Json = ours()["extensions"]["serviceBus"]
    return found


def test_a_turn_ends_before_its_lock_may_lapse(limits: HostJson) -> None:
    """A delivery is held for the wait, the turn, and the outage before it is abandoned."""
    assert limits.max_lock_renewal > QUEUE_PATIENCE + TURN_SECONDS + LONGEST_OUTAGE


def test_the_host_ends_a_function_only_after_its_lock(limits: HostJson) -> None:
    assert limits.function_timeout is not None
    assert limits.max_lock_renewal < limits.function_timeout


def test_the_app_knows_the_last_delivery_of_a_queue_message(queues: Json) -> None:
    assert queues["maxDequeueCount"] == StorageQueueBus.max_deliveries


def test_queue_messages_are_as_our_adapter_writes_them(queues: Json) -> None:
    assert queues["messageEncoding"] == "base64"


def test_the_host_settles_and_holds_no_message_in_advance(service_bus: Json) -> None:
    assert service_bus["autoCompleteMessages"] is True
    assert service_bus["prefetchCount"] == 0


def test_every_number_is_explained() -> None:
    text = (ROOT / "docs" / "host-json.md").read_text()
    body = ours()
    tables = {"": {"functionTimeout": body["functionTimeout"]}} | body["extensions"]
    for table, values in tables.items():
        for key, value in values.items():
            shown = str(value).lower() if isinstance(value, bool) else str(value)
            name = f"{table}.{key}" if table else key
            assert f"| `{name}` | {shown} |" in text, name
