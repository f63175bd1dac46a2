"""A Bot Connector of our own: it signs tokens, publishes keys, and takes messages."""

import base64
import functools
import json
import time
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from jwt.algorithms import RSAAlgorithm

from tests.contract.channels.stub import Answer, StubService

APP_ID = "7d1f0f3c-0c5e-4a57-9f0a-5b1f6f2f9a10"
TENANT = "c0ffee00-1111-4222-8333-444455556666"
SERVICE_URL = f"https://smba.trafficmanager.net/emea/{TENANT}/"
OPENID, KEYS, TOKEN = "/openid", "/keys", f"/{TENANT}/token"


@functools.cache
def rsa_key(name: str) -> rsa.RSAPrivateKey:
    """A key pair of that name, the same for the whole test run."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def jwk(kid: str, *, endorsements: tuple[str, ...] = ("msteams",)) -> dict[str, Any]:
    public: dict[str, Any] = RSAAlgorithm.to_jwk(rsa_key(kid).public_key(), as_dict=True)
    return {**public, "kid": kid, "use": "sig", "endorsements": list(endorsements)}


def segment(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def token(*, signed_by: str = "key-1", header: dict[str, Any] | None = None, **claims: Any) -> str:
    """A connector token; a header field or claim of None is left out."""
    now = int(time.time())
    full_header = {"typ": "JWT", "alg": "RS256", "kid": "key-1", "x5t": "key-1", **(header or {})}
    full_claims = {
        "serviceurl": SERVICE_URL,
        "nbf": now - 60,
        "exp": now + 3600,
        "iss": "https://api.botframework.com",
        "aud": APP_ID,
        **claims,
    }
    parts = [
        {k: v for k, v in part.items() if v is not None} for part in (full_header, full_claims)
    ]
    return signed_parts(*(segment(json.dumps(p).encode()) for p in parts), signed_by=signed_by)


def signed_parts(*segments: str, signed_by: str = "key-1") -> str:
    """Any segments with a signature over them."""
    signed = ".".join(segments)
    signature = rsa_key(signed_by).sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{signed}.{segment(signature)}"


def connector() -> StubService:
    """The stub that a channel's three URLs point at; publish keys with `publish` once it runs."""
    service = StubService(Answer(201, {"id": "1700000000001"}))
    service.routes[TOKEN] = Answer(200, {"access_token": "outbound-1", "expires_in": 3600})
    return service


def publish(service: StubService, *jwks: dict[str, Any]) -> None:
    service.routes[OPENID] = Answer(200, {"jwks_uri": service.url + KEYS})
    service.routes[KEYS] = Answer(200, {"keys": list(jwks or [jwk("key-1")])})
