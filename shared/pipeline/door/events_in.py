"""CloudEvents from systems outside become facts: from a listed source, of listed types.

Source: CloudEvents 1.0, HTTP binding (binary, structured and batched mode).
"""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from shared.errors import Rejected
from shared.event import Event, utc_now
from shared.fabric import Fabric
from shared.identity.signature import same
from shared.manifest.webhooks import Source, covers
from shared.parse import json_object
from shared.ports.channel import Request

MAX_BODY_BYTES = 262_144
MAX_EVENTS = 100
MAX_ATTRIBUTE = 1024
"""Characters of an id, a source, a type or a subject."""

STRUCTURED = "application/cloudevents+json"
BATCHED = "application/cloudevents-batch+json"


async def take_events(fabric: Fabric, request: Request) -> int:
    """Publish what a source sent; return how many facts. All of a batch is taken, or nothing.

    Raises Rejected: 401 without a known token, 403 for a source or type that is not listed, 400,
    413 or 415 for what is no CloudEvent. Raises TransientError when it cannot be published.
    """
    source = await _source(fabric, request.headers)
    facts = [_fact(raw, source) for raw in _events(request)]
    if facts:
        await fabric.topic.publish(*facts)
    return len(facts)


async def _source(fabric: Fabric, headers: Mapping[str, str]) -> Source:
    """Whose token it is; every one is compared, so that the time says nothing."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    given = token.strip() if scheme.lower() == "bearer" else headers.get("x-functions-key", "")
    found = None
    for source in fabric.webhooks.source:
        for secret in (await fabric.secrets.get(source.token)).split(","):
            if same(secret.strip(), given) and secret.strip():
                found = source
    if found is None:
        raise Rejected(401, "events_in_token")
    return found


def _events(request: Request) -> list[dict[str, Any]]:
    """The events of a request, in whichever of the three modes it is."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type == STRUCTURED:
        return [json_object(request.body, cap=MAX_BODY_BYTES)]
    if media_type == BATCHED:
        batch = _value(request.body)
        if not isinstance(batch, list) or len(batch) > MAX_EVENTS:
            raise Rejected(400, "events_in_batch")
        return batch
    if "ce-specversion" in request.headers:
        return [_binary(request, media_type)]
    raise Rejected(415, "events_in_media_type")


def _binary(request: Request, media_type: str) -> dict[str, Any]:
    """Attributes are headers, percent-encoded; the body is the data."""
    attributes: dict[str, Any] = {
        name.removeprefix("ce-"): unquote(value)
        for name, value in request.headers.items()
        if name.startswith("ce-")
    }
    if media_type not in ("", "application/json") and not media_type.endswith("+json"):
        raise Rejected(415, "events_in_media_type")
    if request.body.strip():
        attributes["data"] = _value(request.body)
    return attributes


def _value(body: bytes) -> Any:
    """Any one JSON value, as strictly read as an object."""
    wrapped = json_object(b'{"value":' + body + b"}", cap=MAX_BODY_BYTES)
    if wrapped.keys() != {"value"}:
        raise Rejected(400, "malformed_json")
    return wrapped["value"]


def _fact(raw: Any, source: Source) -> Event:
    """The fact that an event is: of our envelope it may fill what CloudEvents has, no more.

    It belongs to no conversation; it finds those that follow its subject.
    """
    try:
        event = Event.from_dict(raw)
    except (ValueError, RecursionError):
        raise Rejected(400, "events_in_not_an_event") from None
    texts = (event.id, event.type, event.source, event.subject)
    if any(len(text) > MAX_ATTRIBUTE for text in texts) or not _storable(event.data):
        raise Rejected(400, "events_in_not_an_event")
    if event.source != source.source or not covers(source.facts, event.type):
        raise Rejected(403, "events_in_not_listed")
    return Event(
        id=event.id,
        type=event.type,
        data=event.data,
        source=event.source,
        subject=event.subject,
        traceparent=event.traceparent,
        time=utc_now(),
    )


def _storable(data: Any) -> bool:
    """Whether it can be written again as JSON: what base64 held may be anything."""
    try:
        json.dumps(data, allow_nan=False)
    except (ValueError, TypeError, RecursionError):
        return False
    return True
