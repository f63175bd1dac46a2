"""The Bot Connector's tokens, both ways: those it shows, and those it asks for.

Source: bot-docs, "Authenticate requests from the Bot Connector service to your bot" and
"Authenticate requests from your bot to the Bot Connector service".
"""

import base64
import secrets
import time
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

ISSUER = "https://api.botframework.com"
SCOPE = "https://api.botframework.com/.default"
LIFETIME = 3600


class Tokens:
    """A key of its own, published with the endorsement `msteams`; and the tokens handed out."""

    def __init__(self, app_id: str, *, clock: Callable[[], float] = time.time) -> None:
        self._app_id = app_id
        self._clock = clock
        self._issued: dict[str, float] = {}
        self.key_id = base64.urlsafe_b64encode(secrets.token_bytes(20)).rstrip(b"=").decode()

    @cached_property
    def _key(self) -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def metadata(self, keys_url: str) -> dict[str, Any]:
        """The OpenID document that a bot finds the keys by."""
        return {
            "issuer": ISSUER,
            "jwks_uri": keys_url,
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        }

    def key_set(self) -> dict[str, Any]:
        public: dict[str, Any] = RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        named = {"kid": self.key_id, "x5t": self.key_id, "use": "sig", "endorsements": ["msteams"]}
        return {"keys": [{**public, **named}]}

    def inbound(self, service_url: str, **claims: Any) -> str:
        """A signed token for a request to the bot: an hour, its app id, the service's address."""
        now = int(self._clock())
        body = {
            "serviceurl": service_url,
            "nbf": now,
            "exp": now + LIFETIME,
            "iss": ISSUER,
            "aud": self._app_id,
            **claims,
        }
        header = {"kid": self.key_id, "x5t": self.key_id}
        return jwt.encode(body, self._key, algorithm="RS256", headers=header)

    def grant(self, form: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        """The token endpoint: OAuth 2.0 client credentials, for the connector's scope."""
        proof = form.get("client_secret") or form.get("client_assertion")
        if form.get("grant_type") != "client_credentials":
            return 400, {"error": "unsupported_grant_type"}
        if form.get("client_id") != self._app_id or not proof:
            return 401, {"error": "invalid_client"}
        if form.get("scope") != SCOPE:
            return 400, {"error": "invalid_scope"}
        token = secrets.token_urlsafe(32)
        self._issued[token] = self._clock() + LIFETIME
        return 200, {"token_type": "Bearer", "access_token": token, "expires_in": LIFETIME}

    def knows(self, authorization: str) -> bool:
        """Whether the header carries a token handed out here that has not expired."""
        scheme, _, token = authorization.partition(" ")
        return scheme == "Bearer" and self._issued.get(token, 0.0) > self._clock()

    def revoke(self) -> None:
        """Forget what was handed out: the next request with it is answered 401."""
        self._issued.clear()
