"""Microsoft Teams: a person on one side, the Bot Connector on the other."""

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any, Self

from aiohttp import web

from simulators import teams_connector
from simulators.faults import Faults
from simulators.server import Handler, Server
from simulators.teams_connector import Connector
from simulators.teams_files import Drive, offered
from simulators.teams_tokens import Tokens
from simulators.transcript import Transcript
from simulators.webhook import Delivery, Webhook

TENANT = "6f0f3c1e-2222-4333-8444-5555aaaa6666"
ACKNOWLEDGE_SECONDS = 15.0
"""msteams-docs, "Bot basics": Teams sends a request again that takes more than 15 seconds."""

ANEW_AFTER = 30.0
"""Seconds after which what is still not acknowledged comes under a new id and timestamp
(microsoft/botbuilder-dotnet issue 5005)."""

FAULTS = {
    **teams_connector.FAULTS,
    "copy": "what a person said is posted twice at once, under one id",
    "anew": "what was acknowledged is posted once more under a new id",
}


class TeamsSimulator:
    """An async context manager. `webhook` is the bot's messaging endpoint.

    With an `app_id` it signs what it posts, and asks for a token that it handed out itself;
    the host finds it by `settings`. `patience` is how long it waits for an acknowledgement and
    between two copies, `anew_after` until the new id.
    """

    def __init__(
        self,
        webhook: str = "",
        *,
        app_id: str = "",
        tenant: str = TENANT,
        port: int = 0,
        seed: int = 0,
        clock: Callable[[], float] = time.time,
        patience: float = ACKNOWLEDGE_SECONDS,
        anew_after: float = ANEW_AFTER,
        per_thread: Sequence[tuple[int, float]] = teams_connector.PER_THREAD,
        per_app: Sequence[tuple[int, float]] = teams_connector.PER_APP,
    ) -> None:
        self.webhook = webhook
        self.faults = Faults(FAULTS, seed=seed)
        self.tokens = Tokens(app_id, clock=clock)
        self.connector = Connector(
            self.tokens if app_id else None,
            self.faults,
            clock=clock,
            per_thread=per_thread,
            per_app=per_app,
        )
        self._app_id = app_id
        self._tenant = tenant
        self._clock = clock
        self._waits = [patience, anew_after]
        self._poster = Webhook(timeout=patience)
        self.drive = Drive()
        routes: list[tuple[str, str, Handler]] = [
            ("GET", "/openid", self._openid),
            ("GET", "/keys", self._keys),
            ("POST", "/{tenant}/oauth2/v2.0/token", self._token),
            ("PUT", "/drive/{file}", self.drive.put),
            *self.connector.routes("/teams"),
        ]
        self.server = Server(routes, self.faults, self.report, port=port)

    async def __aenter__(self) -> Self:
        self._stack = AsyncExitStack()
        await self._stack.enter_async_context(self.server)
        await self._stack.enter_async_context(self._poster)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    @property
    def transcript(self) -> Transcript:
        return self.connector.transcript

    @property
    def service_url(self) -> str:
        return f"{self.server.url}/teams/"

    @property
    def settings(self) -> dict[str, str]:
        """What points a host here."""
        url = self.server.url
        return {
            "FABRIC_TEAMS_OPENID_URL": f"{url}/openid",
            "FABRIC_TEAMS_TOKEN_URL": f"{url}/{{tenant}}/oauth2/v2.0/token",
            "FABRIC_TEAMS_SERVICE_HOSTS": self.server.host,
        }

    def report(self) -> dict[str, Any]:
        return {
            "faults": self.faults.rates,
            "struck": self.faults.struck,
            "answered": {str(status): n for status, n in self.connector.answered.items()},
            "messages": len(self.transcript.said),
        }

    # --- the person's side ---

    async def say(
        self, text: str, *, conversation: str = "a:anna", user: str = "29:anna", **more: Any
    ) -> Delivery:
        """A person says something; returns when it is acknowledged, or given up."""
        message = {"type": "message", "text": text, "textFormat": "plain", **more}
        return await self.post(message, conversation=conversation, user=user)

    async def click(self, value: Any, **more: Any) -> Delivery:
        """A card's Action.Submit: a message with a value and no text."""
        return await self.post({"type": "message", "value": value}, **more)

    async def invoke(self, name: str, value: Any, **more: Any) -> Delivery:
        """An invoke, answered in the same response: `statuses[-1]` and `body`. No copies."""
        activity = self._addressed({"type": "invoke", "name": name, "value": value}, **more)
        return await self._post(activity, Delivery())

    async def answer_consent(
        self, name: str, *, accept: bool = True, conversation: str = "a:anna"
    ) -> Delivery:
        """The person says whether they want the file of that name, which was offered last."""
        content = offered(self.transcript, name)["content"]
        value: dict[str, Any] = {"type": "fileUpload", "action": "decline"}
        value["context"] = content["acceptContext" if accept else "declineContext"]
        if accept:
            value |= {"action": "accept", "uploadInfo": self.drive.place(name, self.server.url)}
        return await self.invoke("fileConsent/invoke", value, conversation=conversation)

    async def uninstall(self, conversation: str = "a:anna") -> Delivery:
        """The app is removed: from now on the bot is not in the roster."""
        removed = {"type": "installationUpdate", "action": "remove"}
        delivery = await self.post(removed, conversation=conversation)
        self.connector.left.add(conversation)
        return delivery

    async def post(self, activity: dict[str, Any], **place: Any) -> Delivery:
        """Post it, again when `patience` is over, and a third time under a new id; then give up.

        A status under 500 other than 408 and 429 is final, as the connector takes it.
        """
        addressed = self._addressed(activity, **place)
        delivery, loop = Delivery(), asyncio.get_running_loop()
        posted = loop.time()
        if self.faults.strikes("copy"):
            await asyncio.gather(self._post(addressed, delivery), self._post(addressed, delivery))
        else:
            await self._post(addressed, delivery)
        for number, wait in enumerate(self._waits):
            if _final(delivery.statuses):
                break
            await asyncio.sleep(max(0.0, posted + wait - loop.time()))
            posted = loop.time()
            await self._post(addressed if number == 0 else self._anew(addressed), delivery)
        if delivery.acknowledged and self.faults.strikes("anew"):
            await self._post(self._anew(addressed), delivery)
        return delivery

    def _addressed(
        self, activity: dict[str, Any], conversation: str = "a:anna", user: str = "29:anna"
    ) -> dict[str, Any]:
        """As Teams would send it; fields that are there already stay."""
        root = conversation.partition(";messageid=")[0]
        person = {"id": user, "name": "Anna Example", "aadObjectId": user.removeprefix("29:")}
        members = self.connector.members.setdefault(root, [])
        if person not in members:
            members.append(person)
        self.connector.left.discard(root)
        group = conversation.startswith("19:")
        kind = ("channel" if "@thread.tacv2" in root else "groupChat") if group else "personal"
        return {
            "id": self.connector.new_id(),
            "timestamp": self._now(),
            "channelId": "msteams",
            "serviceUrl": self.service_url,
            "from": person,
            "recipient": {"id": f"28:{self._app_id or 'bot'}", "name": "Bot"},
            "conversation": {
                "id": conversation,
                "conversationType": kind,
                "tenantId": self._tenant,
                **({"isGroup": True} if group else {}),
            },
            "channelData": {"tenant": {"id": self._tenant}},
            "locale": "en-US",
            **activity,
        }

    def _anew(self, activity: dict[str, Any]) -> dict[str, Any]:
        return {**activity, "id": self.connector.new_id(), "timestamp": self._now()}

    def _now(self) -> str:
        moment = datetime.fromtimestamp(self._clock(), UTC)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    async def _post(self, activity: dict[str, Any], delivery: Delivery) -> Delivery:
        headers = {"Content-Type": "application/json; charset=utf-8"}
        if self._app_id:
            headers["Authorization"] = f"Bearer {self.tokens.inbound(self.service_url)}"
        body = json.dumps(activity).encode()
        await self._poster.post(self.webhook, body, headers, delivery, activity["id"])
        return delivery

    # --- the service's side ---

    async def _openid(self, request: web.Request) -> web.Response:
        return web.json_response(self.tokens.metadata(f"{self.server.url}/keys"))

    async def _keys(self, request: web.Request) -> web.Response:
        return web.json_response(self.tokens.key_set())

    async def _token(self, request: web.Request) -> web.Response:
        status, body = self.tokens.grant(dict(await request.post()))
        return web.json_response(body, status=status)


def _final(statuses: Sequence[int]) -> bool:
    """Whether the connector leaves it at that."""
    return any(200 <= s < 500 and s not in (408, 429) for s in statuses)
