"""The guarded fetcher against a real server: whatever it is sent to, no private place hears of it.

The server with the certificate stands on 127.0.0.2, which these tests call public; 127.0.0.1 is
the private place, and counts who connects.
"""

import asyncio
import datetime
import socket
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from shared.errors import Unavailable
from shared.media.fetch import Fetcher
from shared.media.place import Place, is_public
from shared.media.unread import Reason, Unread

PUBLIC, PRIVATE = "127.0.0.2", "127.0.0.1"
HOSTS = frozenset({".sharepoint.com", "files.example"})
FRONT = "https://contoso.sharepoint.com"


@dataclass
class Names(AbstractResolver):
    """What names lead to, by look-up; the last answer stays."""

    front: int
    trap: int
    answers: dict[str, list[list[str]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked.append(host)
        left = self.answers.get(host, [[PUBLIC]])
        found = left.pop(0) if len(left) > 1 else left[0]
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=self.front if address == PUBLIC else self.trap,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in found
        ]

    async def close(self) -> None:
        pass


@dataclass
class Stage:
    names: Names
    tls: ssl.SSLContext
    reached: list[str]
    tokens: list[str]
    sent: list[int]
    uploads: list[bytes]

    def fetcher(self, **limits: float) -> Fetcher:
        return Fetcher(
            resolver=self.names,
            public=lambda address: address == PUBLIC or is_public(address),
            tls=self.tls,
            max_bytes=int(limits.get("max_bytes", 1_000)),
            seconds=limits.get("seconds", 20.0),
        )


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "files")])
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName(each) for each in ("*.sharepoint.com", "files.example")]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "files.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
async def stage(certificate: Path) -> AsyncIterator[Stage]:
    reached: list[str] = []
    tokens: list[str] = []
    sent: list[int] = [0]
    uploads: list[bytes] = []

    async def huge(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        if "secret" not in request.query:
            response.content_length = 200_000_000
        await response.prepare(request)
        while sent[0] < 200_000_000:
            await response.write(b"x" * 100_000)
            sent[0] += 100_000
        return response

    async def drive(request: web.Request) -> web.Response:
        uploads.append(await request.read())
        where = {"location": request.query["to"]} if "to" in request.query else {}
        return web.Response(status=int(request.query.get("status", "201")), headers=where)

    async def to(request: web.Request) -> web.Response:
        tokens.append(request.headers.get("authorization", ""))
        status = int(request.query.get("status", "302"))
        return web.Response(status=status, headers={"location": request.query["to"]})

    async def file(request: web.Request) -> web.Response:
        tokens.append(request.headers.get("authorization", ""))
        return web.Response(body=b"x" * int(request.query.get("bytes", "5")))

    async def status(request: web.Request) -> web.Response:
        return web.Response(status=int(request.query["status"]))

    async def squeezed(request: web.Request) -> web.Response:
        return web.Response(body=b"x", headers={"content-encoding": "gzip"})

    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x" * int(request.query["bytes"]))
            await asyncio.sleep(0.01)

    async def touched(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reached.append("private")
        writer.close()

    app = web.Application()
    app.add_routes(
        [web.get(f"/{each.__name__}", each) for each in (to, file, status, squeezed, endless, huge)]
    )
    app.router.add_put("/drive", drive)
    own = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    own.load_cert_chain(certificate)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    front = web.TCPSite(runner, PUBLIC, 0, ssl_context=own)
    await front.start()
    trap = await asyncio.start_server(touched, PRIVATE, 0)
    trust = ssl.create_default_context(cafile=str(certificate))
    ports = [runner.addresses[0][1], trap.sockets[0].getsockname()[1]]
    yield Stage(Names(*ports), trust, reached, tokens, sent, uploads)
    trap.close()
    await runner.cleanup()


def place(url: str, redirects: int = 3, **headers: str) -> Place:
    return Place(url, HOSTS, redirects=redirects, headers=headers)


INSIDE = {
    "loop.sharepoint.com": [["127.0.0.1"]],
    "ten.sharepoint.com": [["10.0.0.1"]],
    "meta.sharepoint.com": [["169.254.169.254"]],
    "agent.sharepoint.com": [["168.63.129.16"]],
    "shared.sharepoint.com": [["100.64.0.1"]],
    "zero.sharepoint.com": [["0.0.0.0"]],
    "six.sharepoint.com": [["::1"]],
    "mapped.sharepoint.com": [["::ffff:127.0.0.1"]],
    "unique.sharepoint.com": [["fd00::1"]],
    "nat.sharepoint.com": [["64:ff9b::7f00:1"]],
    "mixed.sharepoint.com": [[PUBLIC, "127.0.0.1"]],
    "files.example": [["127.0.0.1"]],
}
"""Names of allowed hosts that lead to a private place."""

TARGETS = (
    "http://127.0.0.1:{trap}/",
    "https://127.0.0.1:{trap}/",
    "https://127.0.0.1/",
    "http://localhost:{trap}/",
    "http://[::1]:{trap}/",
    "http://0.0.0.0:{trap}/",
    "http://127.1:{trap}/",
    "http://2130706433:{trap}/",
    "http://0x7f.0.0.1:{trap}/",
    "http://[::ffff:127.0.0.1]:{trap}/",
    "//127.0.0.1:{trap}/",
    "\\\\127.0.0.1:{trap}\\",
    "https:127.0.0.1:{trap}",
    "http://contoso.sharepoint.com@127.0.0.1:{trap}/",
    "http://169.254.169.254/metadata/identity/oauth2/token",
    "http://168.63.129.16/machine?comp=goalstate",
    "file:///etc/passwd",
    "ftp://127.0.0.1:{trap}/",
    "gopher://127.0.0.1:{trap}/",
    "data:text/plain,hello",
    "https://example.com/",
    "http://loop.sharepoint.com/",
    "https://contoso.sharepoint.com:{trap}/",
    "",
    *(f"https://{name}/" for name in INSIDE),
)
"""Where an allowed host redirects to."""


@pytest.mark.parametrize("name", INSIDE)
async def test_an_allowed_name_that_leads_inside_is_refused(stage: Stage, name: str) -> None:
    stage.names.answers |= {name: [INSIDE[name][0]]}

    with pytest.raises(Unread) as refused:
        await stage.fetcher().fetch(place(f"https://{name}/file"))

    assert refused.value.reason is Reason.GONE
    assert stage.names.asked == [name]
    assert stage.reached == []


@pytest.mark.parametrize("hops", [1, 2])
@pytest.mark.parametrize("target", TARGETS)
async def test_no_redirect_leads_inside(stage: Stage, target: str, hops: int) -> None:
    stage.names.answers |= {name: [found[0]] for name, found in INSIDE.items()}
    url = target.format(trap=stage.names.trap)
    for _ in range(hops):
        url = f"{FRONT}/to?to={_quoted(url)}"

    with pytest.raises(Unread) as refused:
        await stage.fetcher().fetch(place(url))

    assert refused.value.reason is Reason.GONE
    assert stage.tokens
    assert stage.reached == []


async def test_a_name_that_changes_its_mind_is_refused(stage: Stage) -> None:
    stage.names.answers["contoso.sharepoint.com"] = [[PUBLIC], ["127.0.0.1"]]
    fetcher = stage.fetcher()

    assert await fetcher.fetch(place(f"{FRONT}/file")) == b"xxxxx"
    with pytest.raises(Unread):
        await fetcher.fetch(place(f"{FRONT}/file"))

    assert stage.reached == []


async def test_what_is_fetched_comes_from_the_address_that_was_checked(stage: Stage) -> None:
    stage.names.answers["contoso.sharepoint.com"] = [[PUBLIC], ["127.0.0.1"]]

    assert await stage.fetcher().fetch(place(f"{FRONT}/file")) == b"xxxxx"

    assert stage.names.asked == ["contoso.sharepoint.com"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_among_allowed_hosts_is_followed(stage: Stage, status: int) -> None:
    url = f"{FRONT}/to?status={status}&to={_quoted('https://other.sharepoint.com/file')}"

    assert await stage.fetcher().fetch(place(url)) == b"xxxxx"


async def test_a_token_goes_to_its_own_origin_alone(stage: Stage) -> None:
    url = f"{FRONT}/to?to={_quoted('https://other.sharepoint.com/file')}"

    await stage.fetcher().fetch(place(url, authorization="Bearer t"))

    assert stage.tokens == ["Bearer t", ""]


@pytest.mark.parametrize("redirects", [0, 3])
async def test_redirects_have_an_end(stage: Stage, redirects: int) -> None:
    url = f"{FRONT}/file"
    for _ in range(redirects + 1):
        url = f"{FRONT}/to?to={_quoted(url)}"

    with pytest.raises(Unread):
        await stage.fetcher().fetch(place(url, redirects))

    assert len(stage.tokens) == redirects + 1


@pytest.mark.parametrize("path", ["file?bytes=1001", "endless?bytes=400"])
async def test_a_large_file_is_not_read_to_its_end(stage: Stage, path: str) -> None:
    with pytest.raises(Unread) as refused:
        await stage.fetcher().fetch(place(f"{FRONT}/{path}"))

    assert refused.value.reason is Reason.TOO_BIG


async def test_of_two_hundred_megabytes_nothing_is_read(stage: Stage) -> None:
    with pytest.raises(Unread) as refused:
        await stage.fetcher(max_bytes=20_000_000).fetch(place(f"{FRONT}/huge"))

    assert refused.value.reason is Reason.TOO_BIG
    assert stage.sent[0] < 20_000_000


async def test_nor_when_the_length_is_a_secret(stage: Stage) -> None:
    with pytest.raises(Unread) as refused:
        await stage.fetcher(max_bytes=1_000_000).fetch(place(f"{FRONT}/huge?secret=1"))

    assert refused.value.reason is Reason.TOO_BIG
    assert stage.sent[0] < 200_000_000


async def test_a_slow_drip_is_given_up(stage: Stage) -> None:
    fetcher = stage.fetcher(seconds=0.5, max_bytes=1_000_000_000)

    with pytest.raises(Unavailable):
        await fetcher.fetch(place(f"{FRONT}/endless?bytes=1"))


async def test_what_comes_compressed_is_not_unpacked(stage: Stage) -> None:
    with pytest.raises(Unread):
        await stage.fetcher().fetch(place(f"{FRONT}/squeezed"))


@pytest.mark.parametrize("status", [401, 403, 404, 410])
async def test_a_file_that_is_gone_is_said_to_be(stage: Stage, status: int) -> None:
    with pytest.raises(Unread) as refused:
        await stage.fetcher().fetch(place(f"{FRONT}/status?status={status}"))

    assert refused.value.reason is Reason.GONE


@pytest.mark.parametrize("status", [408, 429, 500, 503])
async def test_a_host_in_trouble_is_asked_again_later(stage: Stage, status: int) -> None:
    with pytest.raises(Unavailable):
        await stage.fetcher().fetch(place(f"{FRONT}/status?status={status}"))


# --- uploads ---


async def test_an_upload_arrives_whole(stage: Stage) -> None:
    await stage.fetcher().put(place(f"{FRONT}/drive"), b"a file")

    assert stage.uploads == [b"a file"]


@pytest.mark.parametrize("name", INSIDE)
async def test_nothing_is_uploaded_to_a_name_that_leads_inside(stage: Stage, name: str) -> None:
    stage.names.answers |= {name: [INSIDE[name][0]]}

    with pytest.raises(Unread):
        await stage.fetcher().put(place(f"https://{name}/drive"), b"a file")

    assert (stage.reached, stage.uploads) == ([], [])


@pytest.mark.parametrize("status", [302, 307, 308])
async def test_no_redirect_takes_an_upload_elsewhere(stage: Stage, status: int) -> None:
    where = _quoted(f"http://127.0.0.1:{stage.names.trap}/")

    with pytest.raises(Unread):
        await stage.fetcher().put(place(f"{FRONT}/drive?status={status}&to={where}"), b"a file")

    assert stage.reached == []


@pytest.mark.parametrize("status", [404, 409, 410, 416])
async def test_a_place_that_is_closed_may_have_the_file_already(stage: Stage, status: int) -> None:
    closed = place(f"{FRONT}/drive?status={status}")

    with pytest.raises(Unread):
        await stage.fetcher().put(closed, b"a file")
    await stage.fetcher().put(closed, b"a file", closed_is_done=True)


async def test_a_place_in_trouble_is_asked_again_later(stage: Stage) -> None:
    with pytest.raises(Unavailable):
        await stage.fetcher().put(place(f"{FRONT}/drive?status=503"), b"a file")


# --- without a guard ---


async def test_without_the_list_a_redirect_reaches_the_private_place(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.media.fetch.check", lambda url, place: None)
    inside = _quoted(f"http://127.0.0.1:{stage.names.trap}/")

    with pytest.raises(Unavailable):
        await stage.fetcher().fetch(place(f"{FRONT}/to?to={inside}"))

    assert "private" in stage.reached


async def test_without_the_look_at_addresses_a_name_reaches_it(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.media.fetch.guarded", lambda inner, public, loopback: inner)
    stage.names.answers["contoso.sharepoint.com"] = [["127.0.0.1"]]

    with pytest.raises(Unavailable):
        await stage.fetcher().fetch(place(f"{FRONT}/file"))

    assert "private" in stage.reached


async def test_without_the_look_at_origins_a_token_leaks(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.media.fetch._origin", lambda url: ("https", "one"))
    url = f"{FRONT}/to?to={_quoted('https://other.sharepoint.com/file')}"

    await stage.fetcher().fetch(place(url, authorization="Bearer t"))

    assert stage.tokens == ["Bearer t", "Bearer t"]


async def test_without_the_limits_a_large_file_is_read_to_its_end(stage: Stage) -> None:
    fetcher = stage.fetcher(max_bytes=1_000_000_000, seconds=300.0)

    assert len(await fetcher.fetch(place(f"{FRONT}/file?bytes=30000000"))) == 30_000_000


def _quoted(url: str) -> str:
    from urllib.parse import quote

    return quote(url, safe="")
