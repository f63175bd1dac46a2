"""The audit in OCSF: each event has what its class demands, and says what the entry says."""

from itertools import product
from typing import Any

import pytest

from shared.governance.audit import Entry
from shared.governance.audit.ocsf import event

OBJECT = {"type": "object", "minProperties": 1}
BASE: dict[str, Any] = {
    "type": "object",
    "required": [
        *("activity_id", "actor", "category_uid", "class_uid", "metadata", "severity_id"),
        *("src_endpoint", "time", "type_uid"),
    ],
    "properties": {
        "activity_id": {"enum": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 99]},
        "actor": {
            "type": "object",
            "anyOf": [{"required": [name]} for name in ("user", "process", "session", "app_name")],
        },
        "category_uid": {"const": 6},
        "metadata": {
            "type": "object",
            "required": ["product", "version"],
            "properties": {
                "version": {"const": "1.6.0"},
                "product": {"type": "object", "required": ["name", "vendor_name"]},
                "uid": {"type": "string"},
            },
        },
        "severity_id": {"enum": [0, 1, 2, 3, 4, 5, 6, 99]},
        "src_endpoint": OBJECT,
        "status_id": {"enum": [0, 1, 2, 99]},
        "time": {"type": "integer", "minimum": 1_500_000_000_000},
        "unmapped": {"type": "object"},
    },
}
CLASSES = {
    6003: {
        **BASE,
        "required": [*BASE["required"], "api"],
        "properties": {
            **BASE["properties"],
            "activity_id": {"enum": [0, 1, 2, 3, 4, 99]},
            "api": {"type": "object", "required": ["operation"]},
        },
    },
    6005: {
        **BASE,
        "anyOf": [{"required": [name]} for name in ("database", "databucket", "table")],
        "properties": {
            **BASE["properties"],
            "database": {"type": "object", "required": ["type_id"]},
        },
    },
}
"""The rules of OCSF 1.6.0 for API Activity and Datastore Activity, as far as they are mandatory."""

ACTIONS = (
    *("stop", "start", "redrive", "discard", "person.erase", "person.export", "conversation.read"),
    *("ops_usage", "dead_letters_list", "article.read", "backend.call", "skill.call"),
    *("approval.asked", "approval.approve", "approval.deny", "approval.expired"),
)


@pytest.mark.parametrize(
    ("action", "outcome"), list(product(ACTIONS, ("begun", "done", "denied", "failed: bus")))
)
def test_an_event_keeps_the_rules_of_its_class(action: str, outcome: str) -> None:
    import jsonschema

    entry = Entry(
        day="2026-11-01",
        number=7,
        at="2026-11-01T10:00:00.5+00:00",
        who="ann",
        via="http",
        action=action,
        target={"bot": "helpdesk", "letter": ""},
        outcome=outcome,
        purpose="complaint",
    ).sealed()

    made = event(entry)

    jsonschema.Draft202012Validator(CLASSES[made["class_uid"]]).validate(made)
    assert made["type_uid"] == made["class_uid"] * 100 + made["activity_id"]
    assert made["time"] == 1_793_527_200_500
    assert (made["status_id"] == 2) == (outcome in ("denied", "failed: bus"))
    assert made["unmapped"]["purpose"] == "complaint"
    assert made["unmapped"]["digest"] == entry.digest
