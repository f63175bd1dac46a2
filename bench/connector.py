"""A Bot Connector for the benches: it signs, publishes keys, posts messages, takes replies.

It is stub server and load generator in one process, never the bot's.
"""

import asyncio
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import aiohttp
import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from shared.dialogue.phrases import phrase

STILL_WORKING = phrase("en", "platform.working")

APP_ID = "7d1f0f3c-0c5e-4a57-9f0a-5b1f6f2f9a10"
TENANT = "c0ffee00-1111-4222-8333-444455556666"
CONVERSATIONS = 250
"""Messages take turns through so many, so that no channel limit slows a bot down."""

_PAYLOAD = Path(__file__).parents[1] / "tests" / "payloads" / "teams" / "personal-message.json"


class Connector:
    """Entered with `async with`. `replies` counts what bots answered people."""

    def __init__(self) -> None:
        self.replies = 0
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._template = json.loads(_PAYLOAD.read_bytes())
        self._answered: dict[str, asyncio.Event] = {}
        self._count = 0

    async def __aenter__(self) -> Self:
        self._runner = web.ServerRunner(web.Server(self._serve, access_log=None))
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0, backlog=1024).start()
        self.host = f"127.0.0.1:{self._runner.addresses[0][1]}"
        self.url = f"http://{self.host}"
        self.token = self.sign()
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()
        await self._runner.cleanup()

    @property
    def jwks(self) -> dict[str, Any]:
        public: dict[str, Any] = RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        return {"keys": [{**public, "kid": "key-1", "use": "sig", "endorsements": ["msteams"]}]}

    def sign(self) -> str:
        """A token as the connector's, valid for an hour."""
        now = int(time.time())
        claims = {
            "serviceurl": f"{self.url}/",
            "nbf": now - 60,
            "exp": now + 3600,
            "iss": "https://api.botframework.com",
            "aud": APP_ID,
        }
        headers = {"kid": "key-1", "x5t": "key-1"}
        return jwt.encode(claims, self._key, algorithm="RS256", headers=headers)

    def messages(self, count: int) -> list[tuple[str, bytes]]:
        """Message ids and bodies, no two alike; conversations take turns."""
        made = []
        for _ in range(count):
            self._count += 1
            id = f"1712{self._count:09d}"
            body = {
                **self._template,
                "id": id,
                "serviceUrl": f"{self.url}/",
                "conversation": {
                    **self._template["conversation"],
                    "id": f"a:bench-{self._count % CONVERSATIONS}",
                },
                "recipient": {"id": f"28:{APP_ID}", "name": "Echo"},
            }
            made.append((id, json.dumps(body).encode()))
        return made

    async def converse(
        self, url: str, count: int, concurrency: int, *, replies: bool = True
    ) -> list[float]:
        """Post `count` messages and await each one's reply; the seconds until each ack.

        At most `concurrency` are between post and reply (post and ack when not `replies`).
        """
        work = iter(self.messages(count))
        latencies: list[float] = []

        async def talk() -> None:
            for id, body in work:
                answered = self._answered[id] = asyncio.Event()
                latencies.append(await self._post(url, body))
                if replies:
                    await asyncio.wait_for(answered.wait(), 30)
                del self._answered[id]

        async with asyncio.TaskGroup() as workers:
            for _ in range(concurrency):
                workers.create_task(talk())
        return latencies

    async def _post(self, url: str, body: bytes) -> float:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        started = time.perf_counter()
        async with self._session.post(url, data=body, headers=headers) as response:
            text = await response.text()
            seconds = time.perf_counter() - started
            if response.status >= 300:
                raise RuntimeError(f"{url} answers {response.status}: {text[:200]}")
        return seconds

    async def _serve(self, request: web.BaseRequest) -> web.Response:
        path = request.path
        if path.startswith("/v3/"):
            body = await request.json()
            if body.get("type") == "message" and body.get("text") != STILL_WORKING:
                self.replies += 1
                if answered := self._answered.get(body.get("replyToId") or path.rpartition("/")[2]):
                    answered.set()
            return web.json_response({"id": f"r-{self.replies}"}, status=201)
        if path == "/openid":
            return web.json_response({"jwks_uri": f"{self.url}/keys"})
        if path == "/keys":
            return web.json_response(self.jwks)
        if path.endswith("/token"):
            return web.json_response({"access_token": "constant", "expires_in": 3600})
        return web.Response(status=404)


def percentile(values: Sequence[float], percent: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]
