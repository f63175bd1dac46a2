"""A fact as it goes outside: a CloudEvent in JSON, signed with the time of sending.

Source: standardwebhooks.com, "Standard Webhooks specification", 1.0; CloudEvents 1.0, HTTP
binding, structured mode.
"""

import base64
import hmac
from collections.abc import Sequence

from shared import wire
from shared.clients.http import HttpClient, Response
from shared.event import Event

MEDIA_TYPE = "application/cloudevents+json"
ENCODED_SECRET = "whsec_"
"""Begins a secret whose bytes are in base64."""

ATTRIBUTES = ("specversion", "id", "type", "source", "subject", "time", "datacontenttype", "data")
EXTENSIONS = ("bot", "traceparent")
"""What else of the envelope is anybody's business: no conversation, no person's message."""


def content(fact: Event) -> bytes:
    """The body: the attributes of the CloudEvent, and no more of our envelope than others need."""
    whole = fact.to_dict()
    shown = {name: whole[name] for name in (*ATTRIBUTES, *EXTENSIONS) if name in whole}
    return wire.dumps(shown).encode()


def signature(id: str, timestamp: int, body: bytes, secrets: Sequence[str]) -> str:
    """`v1,<base64>` for each secret, so that a receiver may have either while one rotates."""
    signed = f"{id}.{timestamp}.".encode() + body
    return " ".join(
        "v1," + base64.b64encode(hmac.digest(_key(secret), signed, "sha256")).decode()
        for secret in secrets
    )


async def post(
    http: HttpClient, url: str, id: str, fact: Event, secrets: Sequence[str], *, now: int
) -> Response:
    """Send a fact under the id that all its attempts have. Raises Unavailable without an answer."""
    body = content(fact)
    headers = {
        "content-type": MEDIA_TYPE,
        "webhook-id": id,
        "webhook-timestamp": str(now),
        "webhook-signature": signature(id, now, body, secrets),
    }
    return await http.request("POST", url, headers=headers, body=body)


def _key(secret: str) -> bytes:
    if secret.startswith(ENCODED_SECRET):
        return base64.b64decode(secret.removeprefix(ENCODED_SECRET))
    return secret.encode()
