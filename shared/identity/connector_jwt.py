"""Who may post to a bot's endpoint: the Bot Connector, proved by a signed token.

Source: bot-docs, "Authenticate requests from the Bot Connector service to your bot".
"""

import base64
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from shared.errors import Rejected
from shared.identity.connector_keys import ConnectorKeys

ISSUER = "https://api.botframework.com"
SKEW = 300
LONGEST_LIFE = 24 * 3600
MAX_HEADER_LENGTH = 16 * 1024

_BEARER = re.compile(r"Bearer (([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)")
_KEY_SOURCES = frozenset({"b64", "crit", "jku", "jwk", "x5c", "x5u"})
"""Header fields that would let the sender choose the key or the rules; the connector has none."""


@dataclass(frozen=True, slots=True)
class ConnectorToken:
    """What a valid token vouches for: the address to answer to, and the key's channels."""

    service_url: str
    endorsements: frozenset[str]


class ConnectorTokens:
    """Validates the `Authorization` header of what the connector posts."""

    def __init__(self, keys: ConnectorKeys, *, clock: Callable[[], float] = time.time) -> None:
        self._keys = keys
        self._clock = clock

    async def validate(self, authorization: str, app_id: str) -> ConnectorToken:
        """Check form, key, signature, issuer, audience and times; nothing is fetched for bad form.

        Raises Rejected 401 (431 when over-long), Unavailable when there are no keys to check by.
        """
        if len(authorization) > MAX_HEADER_LENGTH:
            raise Rejected(431, "authorization_too_long")
        match = _BEARER.fullmatch(authorization)
        if match is None or not app_id:
            raise Rejected(401, "no_bearer_token")
        key = await self._keys.find(_key_id(match[2]))
        if key is None:
            raise Rejected(401, "unknown_signing_key")

        import jwt

        try:
            claims = jwt.decode(
                match[1],
                key.jwk,
                algorithms=["RS256"],
                audience=app_id,
                issuer=ISSUER,
                leeway=SKEW,
                options={"require": ["exp", "iss", "aud"], "strict_aud": True},
            )
        except jwt.InvalidAudienceError as error:
            raise Rejected(401, "audience_is_not_app_id") from error
        except jwt.InvalidIssuerError as error:
            raise Rejected(401, "issuer_is_not_the_connector") from error
        except (jwt.PyJWTError, ValueError, RecursionError) as error:
            raise Rejected(401, f"bad_token_{type(error).__name__}") from error
        if not all(_is_number(claims[name]) for name in ("exp", "nbf", "iat") if name in claims):
            raise Rejected(401, "bad_token_time")
        if claims["exp"] > self._clock() + LONGEST_LIFE + SKEW:
            raise Rejected(401, "bad_token_lives_too_long")
        service_url = claims.get("serviceurl")
        return ConnectorToken(service_url if isinstance(service_url, str) else "", key.endorsements)


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


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
