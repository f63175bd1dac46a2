"""WhatsApp: people on one side, Meta's Cloud API v24.0 on the other.

Source: Meta docs, "Webhooks" (verification, signature, resends), "Webhooks: messages" and
"Webhooks: statuses" (shapes), "Business-scoped user IDs".
"""

import asyncio
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from typing import Any, Self

from simulators import whatsapp_graph
from simulators.faults import Faults
from simulators.server import Handler, Server
from simulators.transcript import Transcript
from simulators.webhook import Delivery, Webhook
from simulators.whatsapp_graph import Graph, user_id
from simulators.whatsapp_media import Media
from simulators.whatsapp_message import MESSAGES
from simulators.whatsapp_sent import Sent

VERSION = "v24.0"
ACCOUNT, PHONE = "102290129340000", "15550100200"
RESENDS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
"""Seconds before each new try; Meta goes on, ever more rarely, for up to 7 days."""

PRICING = {"billable": True, "pricing_model": "PMP", "type": "regular", "category": "service"}
"""What a status says of the bill for an answer, once it is delivered."""

FAULTS = {
    **whatsapp_graph.FAULTS,
    "shuffle": "the statuses of a message come in any order",
    "copy": "an update is posted twice, though acknowledged",
}


class WhatsAppSimulator:
    """An async context manager. `webhook` is where the host takes Meta's updates.

    `per_second` and `pair` are the limits of the number, `resends` the waits between tries.
    Without `statuses` no delivery is reported. `number` is the phone_number_id.
    """

    def __init__(
        self,
        webhook: str = "",
        *,
        number: str = "100000000000001",
        app_secret: str = "local-app-secret",
        verify_token: str = "local-verify-token",
        access_token: str = "local-access-token",
        port: int = 0,
        seed: int = 0,
        clock: Callable[[], float] = time.time,
        per_second: int = whatsapp_graph.PER_SECOND,
        pair: tuple[int, float] = whatsapp_graph.PAIR,
        resends: tuple[float, ...] = RESENDS,
        statuses: bool = True,
    ) -> None:
        self.webhook = webhook
        self.number = number
        self.faults = Faults(FAULTS, seed=seed)
        self.graph = Graph(
            number,
            access_token,
            self.faults,
            self._report,
            clock=clock,
            per_second=per_second,
            pair=pair,
        )
        self._app_secret = app_secret
        self._verify_token = verify_token
        self._access_token = access_token
        self._clock = clock
        self._resends = resends
        self._statuses = statuses
        self._reports: set[asyncio.Task[None]] = set()
        self._poster = Webhook(timeout=10)
        self.sent = Sent(access_token, lambda: self.server.url)
        self.media = Media(number, access_token)
        routes: list[tuple[str, str, Handler]] = [
            ("POST", f"/{VERSION}/{{number}}/messages", self.graph.messages),
            ("POST", f"/{VERSION}/{{number}}/media", self.media.take),
            ("GET", f"/{VERSION}/{{id}}", self.sent.about),
            ("GET", "/sent/{id}", self.sent.content),
        ]
        self.server = Server(routes, self.faults, self.report, port=port)

    async def __aenter__(self) -> Self:
        self._stack = AsyncExitStack()
        await self._stack.enter_async_context(self._poster)
        await self._stack.enter_async_context(self.server)
        return self

    async def __aexit__(self, *_: object) -> None:
        for report in self._reports:
            report.cancel()
        await asyncio.gather(*self._reports, return_exceptions=True)
        await self._stack.aclose()

    @property
    def transcript(self) -> Transcript:
        return self.graph.transcript

    @property
    def settings(self) -> dict[str, str]:
        """What points a host here."""
        return {
            "FABRIC_WHATSAPP_APP_SECRET": self._app_secret,
            "FABRIC_WHATSAPP_VERIFY_TOKEN": self._verify_token,
            "FABRIC_WHATSAPP_ACCESS_TOKEN": self._access_token,
            "FABRIC_WHATSAPP_GRAPH_URL": f"{self.server.url}/{VERSION}",
        }

    def report(self) -> dict[str, Any]:
        return {
            "faults": self.faults.rates,
            "struck": self.faults.struck,
            "answered": {str(code): n for code, n in self.graph.answered.items()},
            "messages": len(self.transcript.said),
        }

    # --- the person's side ---

    async def verify(self) -> bool:
        """Meta's handshake: the webhook must answer the challenge itself, and 200."""
        challenge = str(secrets.randbelow(10**9))
        query = {
            "hub.mode": "subscribe",
            "hub.verify_token": self._verify_token,
            "hub.challenge": challenge,
        }
        return await self._poster.get(self.webhook, query) == (200, challenge)

    async def say(
        self, text: str, *, user: str = "31655501001", at: float | None = None, id: str = ""
    ) -> Delivery:
        """A person writes; `at` is when (Unix time, now by default)."""
        return await self.write({"type": "text", "text": {"body": text}}, user=user, at=at, id=id)

    async def send(
        self, content: bytes, content_type: str, *, name: str = "", user: str = "31655501001"
    ) -> Delivery:
        """A person sends a file: a voice note, a photo, a document."""
        return await self.write(self.sent.message(content, content_type, name), user=user)

    async def write(
        self, message: dict[str, Any], *, user: str, at: float | None = None, id: str = ""
    ) -> Delivery:
        """Any message of a person: type, and the part named after it. Opens their 24 hours."""
        at = self._clock() if at is None else at
        id = id or f"wamid.{secrets.token_hex(12)}"
        self.graph.heard(user, id, at)
        named = {"from": user, "from_user_id": user_id(user), "id": id, "timestamp": str(int(at))}
        return await self.update({"messages": [named | message]}, user, id)

    async def update(self, value: dict[str, Any], user: str, id: str = "") -> Delivery:
        """Post one update, signed, and again on anything but 200."""
        contact = {"profile": {"name": "Anna Example"}, "wa_id": user, "user_id": user_id(user)}
        change = {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": PHONE, "phone_number_id": self.number},
            "contacts": [contact],
            **value,
        }
        entry = {"id": ACCOUNT, "changes": [{"value": change, "field": "messages"}]}
        return await self.post({"object": "whatsapp_business_account", "entry": [entry]}, id)

    async def post(self, body: dict[str, Any], id: str = "") -> Delivery:
        """A whole body, signed over the bytes as Meta writes them: `\\/` and `\\u00e9` escaped."""
        raw = json.dumps(body).replace("/", "\\/").encode()
        signature = hmac.new(self._app_secret.encode(), raw, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "X-Hub-Signature-256": f"sha256={signature}",
            "User-Agent": "facebookexternalua",
        }
        delivery = Delivery()
        for wait in (*self._resends, None):
            copies = 2 if self.faults.strikes("copy") else 1
            posts = (
                self._poster.post(self.webhook, raw, headers, delivery, id) for _ in range(copies)
            )
            if 200 in await asyncio.gather(*posts) or wait is None:
                break
            await asyncio.sleep(wait)
        return delivery

    # --- what became of a message ---

    async def reported(self) -> None:
        """Return when every status so far has been posted."""
        await asyncio.gather(*self._reports)

    def _report(self, id: str, user: str, sent: Mapping[str, Any], failed: bool) -> None:
        if not self._statuses:
            return
        task = asyncio.create_task(self._post_statuses(id, user, sent, failed=failed))
        self._reports.add(task)
        task.add_done_callback(self._reports.discard)

    async def _post_statuses(
        self, id: str, user: str, sent: Mapping[str, Any], *, failed: bool
    ) -> None:
        """sent, delivered, read, or failed: one update each."""
        states = ["sent", "failed"] if failed else ["sent", "delivered", "read"]
        if self.faults.strikes("shuffle"):
            self.faults.shuffle(states)
        for state in states:
            status: dict[str, Any] = {
                "id": id,
                "status": state,
                "timestamp": str(int(self._clock())),
                "recipient_id": user,
                "recipient_user_id": user_id(user),
            }
            if data := sent.get("biz_opaque_callback_data"):
                status["biz_opaque_callback_data"] = data
            if state in ("delivered", "read"):
                status["pricing"] = dict(PRICING)
            if state == "failed":
                status["errors"] = [{"code": 131026, "title": MESSAGES[131026]}]
            await self.update({"statuses": [status]}, user, id)
