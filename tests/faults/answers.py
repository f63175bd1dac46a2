"""An HTTP server in front of another that gives some answers itself, over TLS if asked to."""

import datetime
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from aiohttp import web

HOP = ("transfer-encoding", "content-length", "content-encoding", "connection")


@dataclass
class Answer:
    status: int
    body: str = "{}"
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Answers:
    """`scripted` are for the next requests whose path has `part`; the rest goes to `behind`."""

    behind: str
    part: str = "/docs"
    scripted: list[Answer] = field(default_factory=list)
    endpoint: str = ""

    async def _handle(self, request: web.Request) -> web.Response:
        body = await request.read()
        if self.scripted and self.part in request.path:
            own = self.scripted.pop(0)
            return web.Response(status=own.status, text=own.body, headers=own.headers)
        url = f"{self.behind}{request.raw_path}"
        async with (
            aiohttp.ClientSession() as client,
            client.request(request.method, url, headers=request.headers, data=body) as answer,
        ):
            headers = {k: v for k, v in answer.headers.items() if k.lower() not in HOP}
            return web.Response(status=answer.status, body=await answer.read(), headers=headers)


@asynccontextmanager
async def answers(behind: str, *, tls: Path | None = None) -> AsyncIterator[Answers]:
    """`tls` is a folder for a certificate that nobody trusts."""
    front = Answers(behind)
    app = web.Application(client_max_size=8_000_000)
    app.router.add_route("*", "/{path:.*}", front._handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=_context(tls) if tls else None)
    await site.start()
    port = runner.addresses[0][1]
    front.endpoint = f"https://localhost:{port}" if tls else f"http://127.0.0.1:{port}"
    try:
        yield front
    finally:
        await runner.cleanup()


def _context(folder: Path) -> ssl.SSLContext:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    file = folder / "localhost.pem"
    file.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context
