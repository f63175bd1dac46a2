"""Addresses signed with a key that Azure delegates to the app: by whom, for what, how often."""

import ssl
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import web
from azure.core.credentials import AccessToken
from azure.storage.blob.aio import BlobClient
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from shared.storage.blob_address import KEY_LIFE, Signer

KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


@dataclass
class Account:
    """Blob Storage's `Get User Delegation Key`."""

    certificate: Path
    url: str = ""
    asked: list[str] = field(default_factory=list)

    async def delegate(self, request: web.Request) -> web.Response:
        self.asked.append(await request.text())
        now = datetime.now(UTC)
        body = (
            "<?xml version='1.0' encoding='utf-8'?><UserDelegationKey>"
            "<SignedOid>the-app</SignedOid><SignedTid>the-tenant</SignedTid>"
            f"<SignedStart>{now:%Y-%m-%dT%H:%M:%SZ}</SignedStart>"
            f"<SignedExpiry>{now + KEY_LIFE:%Y-%m-%dT%H:%M:%SZ}</SignedExpiry>"
            "<SignedService>b</SignedService><SignedVersion>2024-11-04</SignedVersion>"
            f"<Value>{KEY}</Value></UserDelegationKey>"
        )
        return web.Response(text=body, content_type="application/xml")


class Identity:
    async def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        return AccessToken("token", int(time.time()) + 3600)

    async def close(self) -> None:
        """Nothing is held open."""


@pytest.fixture
async def account(tmp_path: Path) -> AsyncIterator[Account]:
    account = Account(certificate=tmp_path / "account.pem")
    account.certificate.write_bytes(own_certificate("127.0.0.1"))
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(account.certificate)
    app = web.Application()
    app.add_routes([web.post("/{tail:.*}", account.delegate)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    account.url = f"https://127.0.0.1:{runner.addresses[0][1]}/contoso"
    yield account
    await runner.cleanup()


def own_certificate(address: str) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "account")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return private + made.public_bytes(serialization.Encoding.PEM)


def signer_for(account: Account) -> Signer:
    identity: Any = Identity()
    return Signer(identity, connection_verify=str(account.certificate))


async def signed(signer: Signer, account: Account, seconds: float = 60) -> dict[str, list[str]]:
    blob = BlobClient(account.url, "claims", "file-1")
    try:
        url = await signer.signed(
            blob, seconds=seconds, content_type="application/pdf", file="a b.pdf"
        )
    finally:
        await blob.close()
    return parse_qs(urlsplit(url).query)


async def test_the_app_signs_for_one_blob_for_reading_until_then(account: Account) -> None:
    said = await signed(signer_for(account), account)

    until = datetime.fromisoformat(said["se"][0])
    assert (said["sr"], said["sp"], said["skoid"]) == (["b"], ["r"], ["the-app"])
    assert said["rscd"] == ["attachment; filename*=UTF-8''a%20b.pdf"]
    assert timedelta(0) < until - datetime.now(UTC) <= timedelta(seconds=60)


async def test_a_key_is_asked_for_once_until_a_signature_would_outlive_it(account: Account) -> None:
    signer = signer_for(account)

    await signed(signer, account)
    await signed(signer, account)
    assert len(account.asked) == 1
    await signed(signer, account, KEY_LIFE.total_seconds() + 60)
    assert len(account.asked) == 2
