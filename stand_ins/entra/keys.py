"""The key that the stand-in signs with: made at first use, kept in the data folder.

Whoever issues a token and whoever checks it need share nothing but that folder.
"""

import json
import os
import secrets
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

ISSUER = "https://login.microsoftonline.com/{tenant}/v2.0"
PRIVATE, PUBLIC = "signing-key.pem", "keys.json"
BITS = 2048


class Signer:
    """Signs for one tenant. The public half is left where the platform looks for it."""

    def __init__(self, folder: Path, tenant: str) -> None:
        self.tenant = tenant
        self.issuer = ISSUER.format(tenant=tenant)
        self._key = _load(folder)
        numbers = self._key.public_key().public_numbers()
        self.key_id = f"{numbers.n % 2**64:016x}"
        _replace(folder / PUBLIC, json.dumps(self.key_set()).encode())

    def key_set(self) -> dict[str, Any]:
        """Return the JSON Web Key Set, with the issuer beside the keys."""
        public: dict[str, Any] = RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        named = {"kid": self.key_id, "use": "sig", "alg": "RS256"}
        return {"issuer": self.issuer, "keys": [{**public, **named}]}

    @property
    def public_key(self) -> rsa.RSAPublicKey:
        return self._key.public_key()

    def sign(self, claims: dict[str, Any]) -> str:
        return jwt.encode(claims, self._key, algorithm="RS256", headers={"kid": self.key_id})


def _load(folder: Path) -> rsa.RSAPrivateKey:
    """Read the key; of two processes that make one at once, the first one's stays."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / PRIVATE
    if not path.exists():
        made = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
        text = made.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        draft = _draft(path, text)
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    key = serialization.load_pem_private_key(path.read_bytes(), None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError(f"{path} holds no RSA key; remove it, and a new one is made")
    return key


def _replace(path: Path, content: bytes) -> None:
    if not path.exists() or path.read_bytes() != content:
        _draft(path, content).replace(path)


def _draft(path: Path, content: bytes) -> Path:
    """Write beside `path` what its owner alone may read."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    return draft
