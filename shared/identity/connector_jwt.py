"""Who may post to a bot's endpoint: the Bot Connector, proved by a signed token.

Source: bot-docs, "Authenticate requests from the Bot Connector service to your bot".
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from shared.errors import Rejected
from shared.identity.bearer import CLOCK_SKEW_SECONDS, bearer
from shared.identity.openid_keys import OpenIdKeys, SigningKey

LONGEST_LIFE = 24 * 3600

MOST_VERDICTS = 1_000
"""Tokens that were found valid and are known again: the connector uses one for up to an hour."""


@dataclass(frozen=True, slots=True)
class ConnectorToken:
    """What a valid token vouches for: the address to answer to, and the key's channels."""

    service_url: str
    endorsements: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Verdict:
    """That a token is valid: as long as `kid` names this key, and until `expires`, in Unix time."""

    token: ConnectorToken
    kid: str
    key: SigningKey
    expires: float


class ConnectorTokens:
    """Validates the `Authorization` header of what the connector posts.

    What was found valid is known again by its digest; what was not is looked at each time.
    """

    def __init__(
        self, keys: OpenIdKeys, issuer: str, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._keys = keys
        self._issuer = issuer
        self._clock = clock
        self._verdicts: dict[bytes, _Verdict] = {}

    async def validate(self, authorization: str, app_id: str) -> ConnectorToken:
        """Check form, key, signature, issuer, audience and times; nothing is fetched for bad form.

        Raises Rejected 401 (431 when over-long), Unavailable when there are no keys to check by.
        """
        if not app_id:
            raise Rejected(401, "no_bearer_token")
        header = f"{app_id}\n{authorization}".encode(errors="surrogatepass")
        digest = sha256(header).digest()
        verdict = self._verdicts.get(digest)
        if verdict is None or not await self._holds(verdict):
            verdict = await self._judged(authorization, app_id)
            self._verdicts.pop(digest, None)
            self._verdicts[digest] = verdict
            if len(self._verdicts) > MOST_VERDICTS:
                del self._verdicts[next(iter(self._verdicts))]
        return verdict.token

    async def _holds(self, verdict: _Verdict) -> bool:
        key = await self._keys.find(verdict.kid)
        return key is verdict.key and verdict.expires > self._clock()

    async def _judged(self, authorization: str, app_id: str) -> _Verdict:
        token, kid = bearer(authorization)
        key = await self._keys.find(kid)
        if key is None:
            raise Rejected(401, "unknown_signing_key")
        import jwt

        try:
            claims = jwt.decode(
                token,
                key.jwk,
                algorithms=["RS256"],
                audience=app_id,
                issuer=self._issuer,
                leeway=CLOCK_SKEW_SECONDS,
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
        if claims["exp"] > self._clock() + LONGEST_LIFE + CLOCK_SKEW_SECONDS:
            raise Rejected(401, "bad_token_lives_too_long")
        expires = int(claims["exp"]) + CLOCK_SKEW_SECONDS
        if expires <= self._clock():
            raise Rejected(401, "bad_token_ExpiredSignatureError")
        service_url = claims.get("serviceurl")
        vouched = service_url if isinstance(service_url, str) else ""
        valid = ConnectorToken(vouched, key.endorsements)
        return _Verdict(valid, kid, key, expires)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
