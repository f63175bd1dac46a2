"""Who asks an operator's question: an access token of Entra for this platform's own API.

Source: learn.microsoft.com, "Access tokens in the Microsoft identity platform".
"""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from shared.errors import Rejected
from shared.identity import groups, principal
from shared.identity.bearer import CLOCK_SKEW_SECONDS, bearer
from shared.identity.openid_keys import SigningKey

ISSUERS = ("https://login.microsoftonline.com/{tenant}/v2.0", "https://sts.windows.net/{tenant}/")
"""What Entra's public cloud calls itself in tokens of version 2 and 1."""


OWN_SITE = frozenset({"same-origin", "none"})
"""What a browser says of a request that no other site has made (`Sec-Fetch-Site`)."""


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


GroupsOf = Callable[[str], Awaitable[frozenset[str]]]


class OperatorTokens:
    """Finds out who sends an operator's request.

    `groups_of` looks up by object id what is too much for a token; without it such groups are
    nobody's. `fronted` where App Service Authentication stands before the app.
    """

    def __init__(
        self,
        keys: Keys,
        *,
        audience: str,
        tenant: str,
        groups_of: GroupsOf | None = None,
        fronted: bool = False,
    ) -> None:
        self._keys = keys
        self._audience = audience
        self._tenant = tenant.lower()
        self._groups_of, self._fronted = groups_of, fronted

    async def admit(self, method: str, headers: Mapping[str, str]) -> Caller:
        """Take the token of a request, or whom the platform vouches for, where it is in front.

        Raises Rejected 401 or 403 (431 when over-long); Unavailable when it cannot be checked.
        """
        shown, authorization = headers.get(principal.HEADER, ""), headers.get("authorization", "")
        if not self._fronted or not shown or authorization:
            return await self.validate(authorization)
        claims = principal.claims_of(shown)
        if not self._tenant or str(claims["tid"]).lower() != self._tenant:
            raise Rejected(401, "foreign_tenant")
        if method != "GET" and headers.get("sec-fetch-site", "none") not in OWN_SITE:
            raise Rejected(403, "sent_by_another_site")  # the browser adds the session by itself
        return await self._caller(str(claims["oid"]), claims)

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
        return await self._caller(oid, claims)

    async def _caller(self, oid: str, claims: Mapping[str, Any]) -> Caller:
        """Raises Unavailable when the groups are too many for a token and Graph does not tell."""
        held = _names(claims.get("groups"))
        if self._groups_of and groups.are_too_many(claims):
            held = await self._groups_of(oid)
        return Caller(oid, _names(claims.get("roles")), held)

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
