"""People sign in with Entra ID: OpenID Connect's code flow, with PKCE and a client secret.

Source: learn.microsoft.com, "OAuth 2.0 authorization code flow" and "ID token claims reference".
"""

import base64
from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from shared.clients.http import HttpClient
from shared.errors import Rejected, Unavailable
from shared.identity.bearer import CLOCK_SKEW_SECONDS, bearer
from shared.identity.entra_error import code_of
from shared.identity.openid_keys import OpenIdKeys
from shared.identity.secrets import Secrets
from shared.person import Person
from shared.settings import Settings, secure

SCOPE = "openid profile User.Read"
"""The last one is for Graph, where the groups of somebody in very many of them are."""

MAX_PAGES = 50


class SignIn:
    """One directory's sign-in, as the app `FABRIC_SIGN_IN_CLIENT_ID` there."""

    def __init__(self, settings: Settings, http: HttpClient, secrets: Secrets) -> None:
        self._settings, self._http, self._secrets = settings, http, secrets
        self._metadata_url = (
            f"{settings.sign_in_authority.rstrip('/')}/.well-known/openid-configuration"
        )
        self._keys = OpenIdKeys(self._metadata_url, http, local=settings.local)
        self._endpoints: dict[str, str] = {}

    @property
    def redirect_uri(self) -> str:
        """Where Entra sends the browser back to; the app's registration has to list it."""
        return f"{self._settings.public_url}/api/sign-in/callback"

    async def address(self, *, state: str, nonce: str, verifier: str) -> str:
        """Return where a browser goes to sign in. Raises Unavailable."""
        challenge = sha256(verifier.encode()).digest()
        query = {
            "client_id": self._settings.sign_in_client_id,
            "response_type": "code",
            "redirect_uri": self.redirect_uri,
            "response_mode": "query",
            "scope": SCOPE,
            "state": state,
            "nonce": nonce,
            "code_challenge": base64.urlsafe_b64encode(challenge).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        return f"{await self._endpoint('authorization_endpoint')}?{urlencode(query)}"

    async def redeem(self, code: str, *, nonce: str, verifier: str) -> Person:
        """Exchange a code for who signed in, with all their groups.

        Raises Rejected 400 for a code that Entra refuses, Unavailable when it cannot be asked.
        """
        settings = self._settings
        form = {
            "grant_type": "authorization_code",
            "client_id": settings.sign_in_client_id,
            "client_secret": await self._secrets.get(settings.sign_in_client_secret),
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": verifier,
            "scope": SCOPE,
        }
        url = await self._endpoint("token_endpoint")
        response = await self._http.request("POST", url, form=form)
        answer = response.json()
        tokens = answer if isinstance(answer, dict) else {}
        if response.status in (408, 429) or response.status >= 500:
            raise Unavailable(f"Entra answers {response.status}", after=response.retry_after)
        if response.status != 200:
            raise Rejected(400, f"sign_in_refused_{code_of(tokens) or response.status}")
        claims = await self._claims(str(tokens.get("id_token", "")))
        if claims.get("nonce") != nonce:
            raise Rejected(400, "sign_in_nonce")
        groups = await self._groups(claims, str(tokens.get("access_token", "")))
        return Person(claims["oid"], claims["tid"], str(claims.get("name", ""))[:100], groups)

    async def _claims(self, token: str) -> Mapping[str, Any]:
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
                audience=self._settings.sign_in_client_id,
                issuer=self._keys.issuer,
                leeway=CLOCK_SKEW_SECONDS,
                options={"require": ["exp", "iss", "aud", "oid", "tid"], "strict_aud": True},
            )
        except (jwt.PyJWTError, ValueError, RecursionError) as error:
            raise Rejected(400, f"sign_in_token_{type(error).__name__}") from error
        if not all(isinstance(claims[name], str) and claims[name] for name in ("oid", "tid")):
            raise Rejected(400, "sign_in_nobody")
        return claims

    async def _groups(self, claims: Mapping[str, Any], access_token: str) -> frozenset[str]:
        """Take the groups of the token, or of Graph when they are too many for a token.

        Raises Unavailable when Graph does not tell: nobody is let in with a part of them.
        """
        named = claims.get("groups")
        if isinstance(named, list):
            return frozenset(id.lower() for id in named if isinstance(id, str))
        if "groups" not in (claims.get("_claim_names") or {}) and not claims.get("hasgroups"):
            return frozenset()
        found, base = set[str](), self._settings.graph_url
        url = f"{base}/me/memberOf?$select=id&$top=999"
        for _ in range(MAX_PAGES):
            headers = {"authorization": f"Bearer {access_token}"}
            response = await self._http.request("GET", url, headers=headers)
            page = response.json()
            if response.status != 200 or not isinstance(page, dict):
                raise Unavailable(f"Graph answers {response.status}", after=response.retry_after)
            rows = page.get("value")
            found |= {str(row["id"]).lower() for row in rows or () if row.get("id")}
            url = str(page.get("@odata.nextLink") or "")
            if not url:
                return frozenset(found)
            if not url.startswith(f"{base}/"):
                break
        raise Unavailable("Graph does not come to an end of the groups")

    async def _endpoint(self, name: str) -> str:
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
