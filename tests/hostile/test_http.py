"""Requests that are hardly HTTP, to a real host: an answer under 500 or a closed connection."""

import asyncio
from pathlib import Path

from aiohttp import ClientSession

from tests.simulators.host import host

ROUTES = (
    "/api/teams/parrot",
    "/api/whatsapp",
    "/api/v3/directline/tokens/generate",
    "/api/v3/directline/conversations/x/activities",
    "/api/skills/echo",
    "/api/dead-letters/redrive",
    "/api/stop",
    "/runtime/webhooks/eventgrid?functionName=events_grid",
)
METHODS = (
    "GET",
    "PUT",
    "DELETE",
    "PATCH",
    "OPTIONS",
    "HEAD",
    "TRACE",
    "CONNECT",
    "QUERY",
    "x" * 40,
)
PATHS = (
    "/api/teams/" + "x" * 20_000,
    "/api/teams/%00",
    "/api/teams/%ff%fe",
    "/api/teams/../whatsapp",
    "/api/teams/..%2f..%2fetc%2fpasswd",
    "/api/teams/parrot/",
    "/api//teams//parrot",
    "/api/teams/parrot?" + "a=1&" * 5000,
    "/api/whatsapp?hub.mode=%ff&hub.challenge=%00&hub.verify_token=%f0%9f",
    "//evil.example/api",
    "http://evil.example/api/whatsapp",
    "*",
    "api",
    "/api/teams/\xff",
)
HEADERS = (
    "X-Long: " + "x" * 60_000,
    "\r\n".join(f"X-{n}: {n}" for n in range(2000)),
    "Authorization: Bearer " + "x" * 40_000,
    "Authorization: \xff\xfe",
    "Authorization: Bearer a\r\nAuthorization: Bearer b",
    "X-Hub-Signature-256: sha256=\xff",
    "Host: a\r\nHost: b",
    "Content-Type: \x01",
    "Content-Encoding: gzip",
    "Expect: 100-continue",
    "Upgrade: websocket\r\nConnection: Upgrade",
    " folded: yes",
    "no colon",
    ": empty",
    "traceparent: " + "0" * 9000,
    "X-Forwarded-For: " + "1.2.3.4," * 3000,
)
FRAMES = (
    "Content-Length: -1\r\n\r\n{}",
    "Content-Length: 99999999999999999999\r\n\r\n{}",
    "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "Content-Length: x\r\n\r\n{}",
    "Content-Length: 500000000\r\n\r\n{}",
    "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "Transfer-Encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "\r\n{}",
)
NOT_HTTP = (
    b"\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00",
    b"GET\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"\x00" * 5000,
    b"A" * 100_000,
)


def requests() -> list[bytes]:
    end = "Connection: close\r\n"
    lines = [
        f"{method} {route} HTTP/1.1\r\nHost: x\r\n{end}\r\n"
        for method in METHODS
        for route in ROUTES
    ]
    lines += [f"POST {path} HTTP/1.1\r\nHost: x\r\n{end}\r\n" for path in PATHS]
    lines += [
        f"POST {route} HTTP/1.1\r\n{header}\r\n{end}Content-Length: 2\r\n\r\n{{}}"
        for header in HEADERS
        for route in ROUTES
    ]
    lines += [
        f"POST {route} HTTP/1.1\r\nHost: x\r\n{end}{frame}" for frame in FRAMES for route in ROUTES
    ]
    return [*(line.encode("latin-1") for line in lines), *NOT_HTTP]


async def status_of(port: int, request: bytes) -> int:
    """The status of the answer, 0 when the connection is closed without one."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        await writer.drain()
        writer.write_eof()
        async with asyncio.timeout(20):
            line = await reader.readline()
    except (ConnectionError, OSError):
        return 0
    finally:
        writer.close()
    words = line.split()
    return int(words[1]) if len(words) > 1 and words[0].startswith(b"HTTP/") else 0


async def test_what_is_hardly_http_is_refused_and_the_host_stays(tmp_path: Path) -> None:
    settings = {
        "FABRIC_WHATSAPP_APP_SECRET": "app-secret",
        "FABRIC_WHATSAPP_VERIFY_TOKEN": "verify-me",
        "FABRIC_WHATSAPP_ACCESS_TOKEN": "access-me",
    }
    async with host(tmp_path, settings) as url, ClientSession() as session:
        port = int(url.rpartition(":")[2])
        hostile = requests()
        assert len(hostile) > 200
        for request in hostile:
            status = await status_of(port, request)
            assert status < 500 or status == 501, (status, request[:200])

        async with session.get(f"{url}/api/health") as answer:
            assert (await answer.json())["status"] == "ok"
        async with session.get(f"{url}/_sent") as answer:
            assert await answer.json() == []
    log = (tmp_path / "log").read_text()
    assert "Traceback" not in log
    assert "accepted" not in log
