"""Direct Line's WebSocket on the local host: what a page hears, and who may not listen."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType, WSServerHandshakeError


class Visitor:
    """A page's client with its token."""

    def __init__(self, http: ClientSession, host: str) -> None:
        self.http, self.base = http, f"{host}/api/v3/directline"
        self.headers = {"origin": host}
        self.conversation = ""

    async def join(self) -> dict[str, Any]:
        """Open a conversation; returns what the client is told of it."""
        body = {"bot": "echo", "user": {"id": "ann"}}
        grant = await self.call("POST", "/tokens/generate", body)
        self.headers["authorization"] = f"Bearer {grant['token']}"
        self.conversation = grant["conversationId"]
        return await self.call("POST", "/conversations", {})

    async def say(self, text: str) -> None:
        body = {"type": "message", "text": text, "from": {"id": "ann"}}
        await self.call("POST", f"/conversations/{self.conversation}/activities", body)

    async def call(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        url = self.base + path
        async with self.http.request(method, url, json=body, headers=self.headers) as answer:
            assert answer.status in (200, 201), answer.status
            told: dict[str, Any] = await answer.json()
            return told


@pytest.fixture
async def visitor(host: str) -> AsyncIterator[Visitor]:
    async with ClientSession() as http:
        yield Visitor(http, host)


async def heard(socket: ClientWebSocketResponse, count: int) -> list[str]:
    """The texts of the next messages, `count` of them."""
    texts: list[str] = []
    while len(texts) < count:
        frame = await socket.receive(timeout=10)
        assert frame.type is WSMsgType.TEXT, frame
        activities = json.loads(frame.data)["activities"]
        texts += [one["text"] for one in activities if one["type"] == "message"]
    return texts


async def test_a_socket_tells_all_once_and_in_order(visitor: Visitor) -> None:
    started = await visitor.join()
    await visitor.say("before")

    async with visitor.http.ws_connect(started["streamUrl"], headers=visitor.headers) as socket:
        assert await heard(socket, 2) == ["before", "echo: before"]
        await visitor.say("while")
        assert await heard(socket, 2) == ["while", "echo: while"]


async def test_who_comes_back_hears_what_was_missed(visitor: Visitor) -> None:
    started = await visitor.join()
    async with visitor.http.ws_connect(started["streamUrl"], headers=visitor.headers) as socket:
        await visitor.say("one")
        assert await heard(socket, 2) == ["one", "echo: one"]
    await visitor.say("two")

    again = await visitor.call("GET", f"/conversations/{visitor.conversation}?watermark=2")

    async with visitor.http.ws_connect(again["streamUrl"], headers=visitor.headers) as socket:
        assert await heard(socket, 2) == ["two", "echo: two"]


@pytest.mark.parametrize(
    ("change", "origin", "status"),
    [
        (("t=", "t=x"), "", 401),
        (("", ""), "https://elsewhere.example", 403),
        (("/stream", "x/stream"), "", 403),
    ],
    ids=["another token", "another page", "another conversation"],
)
async def test_a_stranger_hears_nothing(
    visitor: Visitor, change: tuple[str, str], origin: str, status: int
) -> None:
    url = (await visitor.join())["streamUrl"].replace(*change, 1)
    headers = {**visitor.headers, **({"origin": origin} if origin else {})}

    with pytest.raises(WSServerHandshakeError) as refusal:
        await visitor.http.ws_connect(url, headers=headers)

    assert refusal.value.status == status
