"""A certificate as proof of who asks for a token: an assertion signed with its key (RFC 7523).

Source: learn.microsoft.com, "Microsoft identity platform certificate credentials".
"""

import base64
import binascii
import time
from typing import TYPE_CHECKING, Any
from uuid import uuid4

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LIFE = 300


def client_assertion(certificate: str, password: str, *, client_id: str, audience: str) -> str:
    """A JWT for one token request to the URL `audience`.

    `certificate` with its private key, as PEM or as a PKCS#12 file in base64, which is how Key
    Vault hands one out. Raises ValueError, without a word of either, when it cannot be read.
    """
    import jwt
    from cryptography.hazmat.primitives.hashes import SHA256

    key, signed = _read(certificate, password)
    thumbprint = base64.urlsafe_b64encode(signed.fingerprint(SHA256())).rstrip(b"=").decode()
    now = int(time.time())
    claims = {
        **{"aud": audience, "iss": client_id, "sub": client_id, "jti": str(uuid4())},
        **{"iat": now, "nbf": now, "exp": now + LIFE},
    }
    return jwt.encode(claims, key, algorithm="PS256", headers={"x5t#S256": thumbprint})


def ends_at(certificate: str, password: str) -> float:
    """Return the Unix time at which a certificate ends. Raises ValueError as above."""
    _, signed = _read(certificate, password)
    return signed.not_valid_after_utc.timestamp()


def _read(certificate: str, password: str) -> tuple[Any, "Certificate"]:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
    from cryptography.hazmat.primitives.serialization.pkcs12 import load_key_and_certificates
    from cryptography.x509 import load_pem_x509_certificate

    secret = password.encode() or None
    try:
        if "-----BEGIN" in certificate:
            pem = certificate.replace("\\n", "\n").encode()  # app settings hold one line
            key, signed = load_pem_private_key(pem, secret), load_pem_x509_certificate(pem)
        else:
            raw = base64.b64decode("".join(certificate.split()), validate=True)
            key, signed, _ = load_key_and_certificates(raw, secret)  # type: ignore[assignment]
    except (ValueError, TypeError, binascii.Error) as error:
        raise ValueError(f"not a certificate with its key ({type(error).__name__})") from None
    if not isinstance(key, RSAPrivateKey) or signed is None:
        raise ValueError("not a certificate with its RSA key")
    return key, signed
