"""The form of a signed bearer token, checked before anything is fetched or computed for it."""

import base64
import json
import re

from shared.errors import Rejected

MAX_HEADER_LENGTH = 16 * 1024
CLOCK_SKEW_SECONDS = 300

_BEARER = re.compile(r"Bearer (([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)")
_KEY_SOURCES = frozenset({"b64", "crit", "jku", "jwk", "x5c", "x5u"})
"""Header fields that would let the sender choose the key or the rules; no issuer needs them."""


def bearer(authorization: str) -> tuple[str, str]:
    """Read the token of an `Authorization` header, and the id of the key it names.

    Raises Rejected 401, or 431 when the header is over-long.
    """
    if len(authorization) > MAX_HEADER_LENGTH:
        raise Rejected(431, "authorization_too_long")
    match = _BEARER.fullmatch(authorization)
    if match is None:
        raise Rejected(401, "no_bearer_token")
    return match[1], _key_id(match[2])


def _key_id(segment: str) -> str:
    """The `kid` of a well-formed RS256 header; Rejected 401 for any other."""
    try:
        header = json.loads(base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))
    except (ValueError, RecursionError) as error:
        raise Rejected(401, "bad_token_header") from error
    if not isinstance(header, dict) or header.get("alg") != "RS256" or _KEY_SOURCES & set(header):
        raise Rejected(401, "bad_token_header")
    kid = header.get("kid")
    if not isinstance(kid, str) or not kid:
        raise Rejected(401, "bad_token_kid")
    return kid
