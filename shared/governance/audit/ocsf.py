"""The audit as others read it: Open Cybersecurity Schema Framework 1.6.0, one event an entry.

Source: schema.ocsf.io, classes API Activity (6003) and Datastore Activity (6005). What OCSF has
no word for stands in `unmapped`.
"""

from typing import Any

from shared.governance.audit.entry import BEGUN, DENIED, DONE, Entry

VERSION = "1.6.0"
PRODUCT = {"name": "Bot Fabric", "vendor_name": "Bot Fabric"}
CATEGORY, API_ACTIVITY, DATASTORE_ACTIVITY = 6, 6003, 6005

_READ, _UPDATE, _DELETE, _OTHER = 2, 3, 4, 99
_API_VERBS = {
    **dict.fromkeys(("discard", "erase"), _DELETE),
    **dict.fromkeys(("stop", "start", "approve", "deny"), _UPDATE),
}
_DATASTORE_READ, _DATASTORE_DELETE = 1, 7
_SUCCESS, _FAILURE, _OTHER_STATUS = 1, 2, 99
_INFORMATIONAL, _MEDIUM = 1, 3

READS = frozenset({"read", "show", "export", "conversation", "conversations"})
"""Actions that look at what is kept of people, by their last word."""


def event(entry: Entry) -> dict[str, Any]:
    """Write one entry as an OCSF event."""
    verb = entry.action.rpartition(".")[2].rpartition("_")[2]
    reads = verb in READS
    kind = DATASTORE_ACTIVITY if reads else API_ACTIVITY
    activity = _DATASTORE_READ if reads else _API_VERBS.get(verb, _OTHER)
    failed = entry.outcome.startswith("failed") or entry.outcome == DENIED
    status = _FAILURE if failed else _SUCCESS if entry.outcome == DONE else _OTHER_STATUS
    body: dict[str, Any] = {
        "activity_id": activity,
        "activity_name": verb,
        "actor": {"user": {"uid": entry.who, "name": entry.who}, "app_name": entry.via},
        "category_uid": CATEGORY,
        "class_uid": kind,
        "metadata": {
            "version": VERSION,
            "product": PRODUCT,
            "uid": entry.id,
            "correlation_uid": entry.of or entry.id,
        },
        "severity_id": _MEDIUM if failed else _INFORMATIONAL,
        "src_endpoint": {"name": entry.via},
        "status_id": status,
        "status": "Unknown" if entry.outcome == BEGUN else entry.outcome,
        "time": round(entry.time * 1000),
        "type_uid": kind * 100 + activity,
        "unmapped": {
            "purpose": entry.purpose,
            "policy": entry.policy,
            "bot": entry.bot,
            "department": entry.department,
            "conversation": entry.conversation,
            "trace": entry.trace,
            "digest": entry.digest,
            "target": dict(entry.target),
        },
    }
    if reads:
        return body | {"database": {"name": "bot-fabric", "type_id": _OTHER, "type": "store"}}
    resources = [{"type": kind, "name": name} for kind, name in entry.target.items() if name]
    return body | {"api": {"operation": entry.action}, "resources": resources}
