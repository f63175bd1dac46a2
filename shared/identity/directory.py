"""The organisation's Entra ID, as the app `FABRIC_SIGN_IN_CLIENT_ID` there: tokens, and who they
are about.

Source: learn.microsoft.com, "Microsoft identity platform and OAuth 2.0", "ID token claims
reference", "Access token claims reference".
"""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.clients.http import HttpClient, Response
from shared.errors import FabricError, Rejected, Unavailable
from shared.identity.bearer import CLOCK_SKEW_SECONDS, bearer
from shared.identity.entra_error import code_of
from shared.identity.openid_keys import OpenIdKeys
from shared.identity.secrets import Secrets
from shared.settings import Settings
from shared.web_address import secure


class EntraRefusal(FabricError):
    """Entra gives no token: `code` is the number of its `AADSTS...` error, "" without one."""

    def __init__(self, code: str, status: int) -> None:
        super().__init__(f"AADSTS{code}" if code else f"answers {status}")
        self.code = code


class Directory:
    """One tenant, and our app in it."""

    def __init__(self, settings: Settings, http: HttpClient, secrets: Secrets) -> None:
        self._settings, self._http, self._secrets = settings, http, secrets
        self._metadata_url = (
            f"{settings.sign_in_authority.rstrip('/')}/.well-known/openid-configuration"
        )
        self._keys = OpenIdKeys(self._metadata_url, http, local=settings.local)
        self._endpoints: dict[str, str] = {}

    @property
    def client_id(self) -> str:
        return self._settings.sign_in_client_id

    async def grant(self, **form: str) -> Mapping[str, Any]:
        """Ask for tokens as our app. Raises EntraRefusal; Unavailable when it cannot be asked."""
        kept = self._settings.sign_in_client_secret
        secret = await self._secrets.get(kept)
        response, tokens = await self._ask(form, secret)
        if tokens.get("error") == "invalid_client":
            newer = await self._secrets.get(kept, refused=secret)
            if newer != secret:
                response, tokens = await self._ask(form, newer)
        if response.status in (408, 429) or response.status >= 500:
            raise Unavailable(f"Entra answers {response.status}", after=response.retry_after)
        if response.status != 200:
            raise EntraRefusal(code_of(tokens), response.status)
        return tokens

    async def _ask(
        self, form: Mapping[str, str], secret: str
    ) -> tuple[Response, Mapping[str, Any]]:
        url = await self.endpoint("token_endpoint")
        full = {**form, "client_id": self.client_id, "client_secret": secret}
        response = await self._http.request("POST", url, form=full)
        answer = response.json()
        return response, answer if isinstance(answer, dict) else {}

    async def claims(self, token: str, audiences: Sequence[str]) -> Mapping[str, Any]:
        """Check form, key, signature, audience, issuer and times of a token about a person.

        Raises Rejected 400, Unavailable when there are no keys to check by.
        """
        token, kid = bearer(f"Bearer {token}")
        key = await self._keys.find(kid)
        if key is None:
            raise Rejected(400, "sign_in_signing_key")

        import jwt

        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                key.jwk,
                algorithms=["RS256"],
                audience=list(audiences),
                issuer=self._keys.issuer,
                leeway=CLOCK_SKEW_SECONDS,
                options={"require": ["exp", "iss", "aud", "oid", "tid"]},
            )
        except (jwt.PyJWTError, ValueError, RecursionError) as error:
            raise Rejected(400, f"sign_in_token_{type(error).__name__}") from error
        if not all(
            isinstance(claims[name], str) and claims[name] for name in ("oid", "tid", "aud")
        ):
            raise Rejected(400, "sign_in_nobody")
        return claims

    async def endpoint(self, name: str) -> str:
        """Return an address of the metadata. Raises Unavailable."""
        if name not in self._endpoints:
            response = await self._http.request("GET", self._metadata_url)
            document = response.json()
            if response.status != 200 or not isinstance(document, dict):
                raise Unavailable(f"{self._metadata_url} answers {response.status}")
            found = {
                each: url
                for each in ("authorization_endpoint", "token_endpoint")
                if isinstance(url := document.get(each), str)
                and secure(url, local=self._settings.local)
            }
            if name not in found:
                raise Unavailable(f"{self._metadata_url} has no {name} with https")
            self._endpoints = found
        return self._endpoints[name]
