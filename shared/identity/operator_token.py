"""Who asks an operator's question: an access token of Entra for this platform's own API.

Source: learn.microsoft.com, "Access tokens in the Microsoft identity platform".
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Protocol

from shared.errors import Rejected
from shared.identity.bearer import CLOCK_SKEW_SECONDS, bearer
from shared.identity.openid_keys import SigningKey

ISSUERS = ("https://login.microsoftonline.com/{tenant}/v2.0", "https://sts.windows.net/{tenant}/")
"""What Entra's public cloud calls itself in tokens of version 2 and 1."""


class Keys(Protocol):
    """Where signing keys are found, and the issuer they belong to once one was."""

    issuer: str

    async def find(self, kid: str) -> SigningKey | None: ...


@dataclass(frozen=True, slots=True)
class Caller:
    """Whom a token vouches for: the object id, the app roles and the groups."""

    oid: str
    roles: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()


class OperatorTokens:
    """Validates the `Authorization` header of an operator's request."""

    def __init__(self, keys: Keys, *, audience: str, tenant: str) -> None:
        self._keys = keys
        self._audience = audience
        self._tenant = tenant.lower()

    async def validate(self, authorization: str) -> Caller:
        """Check form, key, signature, audience, issuer, tenant and times, in this order.

        Raises Rejected 401 (431 when over-long), Unavailable when there are no keys to check by.
        """
        token, kid = bearer(authorization)
        if not self._audience or not self._tenant:
            raise Rejected(401, "no_operator_audience_or_tenant_configured")
        key = await self._keys.find(kid)
        if key is None:
            raise Rejected(401, "unknown_signing_key")

        import jwt

        try:
            claims = jwt.decode(
                token,
                key.jwk,
                algorithms=["RS256"],
                audience=self._audience,
                leeway=CLOCK_SKEW_SECONDS,
                options={"require": ["exp", "iss", "aud"], "strict_aud": True},
            )
        except jwt.InvalidAudienceError as error:
            raise Rejected(401, "audience_is_not_ours") from error
        except (jwt.PyJWTError, ValueError, RecursionError) as error:
            raise Rejected(401, f"bad_token_{type(error).__name__}") from error
        self._check_tenant(claims)
        oid = claims.get("oid")
        if not isinstance(oid, str) or not oid:
            raise Rejected(401, "token_without_oid")
        return Caller(oid, _names(claims.get("roles")), _names(claims.get("groups")))

    def _check_tenant(self, claims: dict[str, Any]) -> None:
        """The issuer is one of our tenant's; one that does not name it needs `tid` to do so."""
        issuer, tenant = str(claims["iss"]), claims.get("tid")
        metadata = self._keys.issuer.replace("{tenantid}", self._tenant)
        ours: Collection[str] = {form.format(tenant=self._tenant) for form in ISSUERS}
        if issuer.lower() not in {*ours, metadata.lower()}:
            raise Rejected(401, "foreign_issuer")
        if tenant is None and self._tenant in issuer.lower():
            return
        if not isinstance(tenant, str) or tenant.lower() != self._tenant:
            raise Rejected(401, "foreign_tenant")


def _names(claim: Any) -> frozenset[str]:
    values = claim if isinstance(claim, list) else [claim]
    return frozenset(value for value in values if isinstance(value, str) and value)
