"""What only an answer shows: services that are down, a wrong clock, a wrong callback URL."""

import asyncio
import json
from collections.abc import AsyncIterator
from email.utils import parsedate_to_datetime
from time import time
from urllib.parse import urlencode

from shared import vault_reference
from shared.errors import Unavailable
from shared.fabric import Fabric
from shared.operations.reports.doctor.mistake import Mistake
from shared.operations.reports.health import health

MAX_SKEW_SECONDS = 240
"""Tokens are refused when the clock is out by more than five minutes."""

ASK_SECONDS = 8
CHALLENGE = "1158201444"


async def ask(fabric: Fabric, url: str = "") -> list[Mistake]:
    """Ask every service that is set; `url` is where the app itself can be reached from outside."""
    found = [mistake async for mistake in _services(fabric)]
    found += [mistake async for mistake in _clock(fabric)]
    found += [mistake async for mistake in _vaults(fabric)]
    if url:
        found += [mistake async for mistake in _callbacks(fabric, url.rstrip("/"))]
    return found


async def _services(fabric: Fabric) -> AsyncIterator[Mistake]:
    for name, line in (await health(fabric))["dependencies"].items():
        if line != "ok":
            problem, _, without = line.removeprefix("degraded: ").partition("; ")
            yield Mistake(
                f"service-{name.replace(' ', '-')}", name, problem, f"until then: {without}"
            )


async def _clock(fabric: Fabric) -> AsyncIterator[Mistake]:
    """The time of this machine beside that of whoever issues the tokens."""
    try:
        async with asyncio.timeout(ASK_SECONDS):
            answer = await fabric.http.request("GET", fabric.settings.teams_openid_url)
        there = parsedate_to_datetime(answer.headers["date"]).timestamp()
    except (Unavailable, TimeoutError, KeyError, ValueError):
        return
    if abs(time() - there) > MAX_SKEW_SECONDS:
        yield Mistake(
            "clock",
            "this machine",
            f"its clock is out by {abs(time() - there):.0f} s: tokens are refused",
            "let it follow a time server",
        )


async def _vaults(fabric: Fabric) -> AsyncIterator[Mistake]:
    for name, value in sorted(fabric.settings.environ.items()):
        if not vault_reference.is_reference(value):
            continue
        try:
            async with asyncio.timeout(ASK_SECONDS):
                await fabric.secrets.get(value)
        except (Unavailable, TimeoutError) as error:
            reason = str(error) or f"no answer within {ASK_SECONDS} s"
            yield Mistake(
                "vault", name, reason, "see that the vault lets the app in, and has the secret"
            )


async def _callbacks(fabric: Fabric, url: str) -> AsyncIterator[Mistake]:
    """Whether the URLs that Teams and Meta were given lead to this app."""
    body = (await _answer(fabric, f"{url}/api/health"))[1]
    verdict = _verdict(body)
    if not verdict:
        yield Mistake(
            "callback",
            url,
            "/api/health is not this app's",
            "write the function app's own host, https://<app>.azurewebsites.net",
        )
        return
    if verdict != "ok":
        yield Mistake(
            "callback-health",
            f"{url}/api/health",
            f"says {verdict[:20]}",
            "look at /api/ops/health there with an operator's token, or at the app's log",
        )
    for bot in fabric.bots.values():
        status, _ = await _answer(fabric, f"{url}/api/teams/{bot.id}", "POST")
        if bot.channels.teams and status == 404:
            yield Mistake(
                "callback-teams",
                f"{url}/api/teams/{bot.id}",
                "does not know the bot",
                "deploy the manifest, or correct the messaging endpoint of the Azure Bot",
            )
    if any(bot.channels.whatsapp for bot in fabric.bots.values()):
        handshake = {
            "hub.mode": "subscribe",
            "hub.verify_token": fabric.settings.whatsapp_verify_token,
            "hub.challenge": CHALLENGE,
        }
        _, body = await _answer(fabric, f"{url}/api/whatsapp?{urlencode(handshake)}")
        if body.decode("utf-8", "replace") != CHALLENGE:
            yield Mistake(
                "callback-whatsapp",
                f"{url}/api/whatsapp",
                "does not answer Meta's handshake",
                "set FABRIC_WHATSAPP_VERIFY_TOKEN there and here to the one in Meta's console",
            )


def _verdict(body: bytes) -> str:
    """What our health says of an app to anybody; "" when it is not ours."""
    try:
        said = json.loads(body)
    except ValueError:
        return ""
    ours = isinstance(said, dict) and isinstance(said.get("version"), str)
    return str(said.get("status", "")) if ours else ""


async def _answer(fabric: Fabric, url: str, method: str = "GET") -> tuple[int, bytes]:
    """Status and body, 0 and nothing without an answer."""
    try:
        async with asyncio.timeout(ASK_SECONDS):
            answer = await fabric.http.request(method, url)
    except (Unavailable, TimeoutError, ValueError):
        return 0, b""
    return answer.status, answer.body
