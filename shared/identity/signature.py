"""Proof that a webhook request comes from Meta: `X-Hub-Signature-256` over the raw body.

Source: developers.facebook.com, "Webhooks: validating payloads".
"""

import hmac
import re
from collections.abc import Sequence

_HEADER = re.compile(r"sha256=([0-9a-f]{64})")


def signed(body: bytes, header: str, secrets: Sequence[str]) -> bool:
    """Whether one of `secrets` signed exactly these bytes; an empty secret signs nothing."""
    match = _HEADER.fullmatch(header)
    if match is None:
        return False
    genuine = False
    for secret in secrets:
        digest = hmac.new(secret.encode(), body, "sha256").hexdigest()
        genuine |= bool(secret) and same(digest, match[1])
    return genuine


def same(one: str, other: str) -> bool:
    """Equality in a time that says nothing about where two texts differ."""
    return hmac.compare_digest(
        one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass")
    )
