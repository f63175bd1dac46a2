"""A web channel to talk to: real store, a clock to turn, the calls a client makes."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from shared.activity import Activity, ConversationReference
from shared.bot import Bot
from shared.channels.directline.channel import DirectLineChannel
from shared.errors import Rejected
from shared.ports.channel import Inbound
from shared.ports.store import Store
from shared.settings import Settings
from shared.storage.sqlite import SqliteStore
from tests.contract.channels.directline import ORIGIN, PAYLOADS, call, web_bot

OpenWeb = Callable[..., "Web"]


class Web:
    """`now` is the channel's clock. `token` and `conversation` are those of the last `join`."""

    def __init__(self, folder: Path, *bots: Bot, local: bool = False, store: Store | None = None):
        self.now = 1_772_439_300.0
        self.bots: Mapping[str, Bot] = {bot.id: bot for bot in bots or (web_bot(),)}
        self.store = store or SqliteStore(str(folder / "store.db"))
        cloud = dict.fromkeys(
            ("FABRIC_STORE_URL", "FABRIC_BUS_URL", "FABRIC_EVENTS_URL", "FABRIC_AI_URL"), "x://"
        )
        settings = Settings.from_environ({"FABRIC_ENVIRONMENT": "local"} if local else cloud)
        self.channel = DirectLineChannel(self.bots, self.store, settings, clock=lambda: self.now)
        self.token = self.conversation = ""

    async def join(self, *, user: object = None, bot: object = "helpdesk", **headers: str) -> str:
        """Ask for a token from a page of ORIGIN; returns it."""
        body: dict[str, Any] = {"bot": bot}
        if user is not None:
            body["user"] = user
        request = call("POST", body=body, **({"origin": ORIGIN} | headers))
        granted = await self.channel.access.generate(request)
        self.token, self.conversation = granted["token"], granted["conversationId"]
        assert granted["expires_in"] == 1800
        return self.token

    async def post(self, body: dict[str, Any] | bytes, **headers: str) -> list[Inbound]:
        """Say something as the webhook does it: received, then echoed into the stream."""
        request = call("POST", self.token, body, conversation=self.conversation, **headers)
        received = await self.channel.receive(request)
        for inbound in received.activities:
            await self.channel.record(inbound)
        return list(received.activities)

    async def say(self, text: str, client_id: str = "") -> Inbound:
        data = {"channelData": {"clientActivityID": client_id}} if client_id else {}
        [inbound] = await self.post({"type": "message", "text": text, **data})
        return inbound

    async def answer(self, reference: ConversationReference, text: str, id: str) -> str:
        activity = Activity(type="message", text=text, id=id)
        return await self.channel.send(self.bots[reference.bot], reference, activity)

    async def poll(self, watermark: str | None = None) -> tuple[list[Activity], str]:
        request = call("GET", self.token, conversation=self.conversation, watermark=watermark)
        answer = await self.channel.poll(request)
        return answer["activities"], answer["watermark"]

    async def heard(self) -> list[str]:
        return [activity.text for activity in (await self.poll())[0]]


async def refused(awaitable: Any) -> int:
    """The status that a call is refused with."""
    with pytest.raises(Rejected) as refusal:
        await awaitable
    return refusal.value.status


def payload(name: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads((PAYLOADS / f"{name}.json").read_bytes())
    return body
