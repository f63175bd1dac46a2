"""The web channel's sockets on Azure Web PubSub: told all, in order, and nobody else's."""

import json
from collections.abc import AsyncIterator
from typing import Any

import azure.functions as func
import pytest
from aiohttp import ClientSession, ClientWebSocketResponse, web

from functions.channels import web_stream
from shared.channels.directline.web_pubsub import WebPubSub
from shared.clients.http import HttpClient
from stand_ins.web import Site
from stand_ins.webpubsub.server import HUB, WebPubSubServer
from tests.contract.channels.directline import call
from tests.unit.directline import OpenWeb, Web


def no_identity() -> Any:
    raise AssertionError("with a key no identity is asked for")


@pytest.fixture
async def service() -> AsyncIterator[WebPubSubServer]:
    async with WebPubSubServer() as server:
        yield server


@pytest.fixture
async def page(
    service: WebPubSubServer, open_web: OpenWeb, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Web]:
    """A web channel whose sockets the service holds, and which it tells of connections."""
    http = HttpClient()
    made = open_web()
    streams = WebPubSub(service.url, HUB, http, key=service.key, credential=no_identity)
    made.channel.streams = streams

    class Host:
        web = made.channel

    monkeypatch.setattr(web_stream, "fabric", Host)
    site = Site()
    app = web.Application()
    app.router.add_route("*", "/stream", handed_over)
    await site.open(app)
    service.handler = f"{site.url}/stream"
    yield made
    await site.close()
    await http.close()


async def handed_over(request: web.Request) -> web.Response:
    """What the Functions host does with a request for `directline_stream`."""
    asked = func.HttpRequest(
        method=request.method,
        url=str(request.url),
        headers=dict(request.headers),
        body=await request.read(),
    )
    answer: func.HttpResponse = await web_stream.stream.build().get_user_function()(asked)
    return web.Response(status=answer.status_code, headers=dict(answer.headers))


async def stream_url(page: Web, watermark: str | None = None) -> str:
    request = call("GET", page.token, conversation=page.conversation, watermark=watermark)
    return str((await page.channel.resume(request))["streamUrl"])


async def heard(socket: ClientWebSocketResponse, until: str) -> list[str]:
    """The texts up to and with `until`; what comes twice with one id counts once."""
    texts: dict[str, str] = {}
    while until not in texts.values():
        frame = await socket.receive(timeout=20)
        texts |= {one["id"]: one["text"] for one in json.loads(frame.data)["activities"]}
    return list(texts.values())


async def test_a_socket_is_told_what_was_said_before_and_while_it_is_there(page: Web) -> None:
    await page.join()
    inbound = await page.say("before")

    async with ClientSession() as http, http.ws_connect(await stream_url(page)) as socket:
        assert await heard(socket, "before") == ["before"]
        await page.answer(inbound.reference, "an answer", "a-1")
        assert await heard(socket, "an answer") == ["an answer"]


async def test_who_comes_back_is_told_what_was_missed_only(page: Web) -> None:
    await page.join()
    for text in ("one", "two"):
        await page.say(text)

    async with ClientSession() as http, http.ws_connect(await stream_url(page, "1")) as socket:
        assert await heard(socket, "two") == ["two"]


async def test_another_conversation_is_never_heard(page: Web) -> None:
    await page.join()
    mine, token = page.conversation, page.token

    async with ClientSession() as http, http.ws_connect(await stream_url(page)) as socket:
        await page.join()
        await page.say("somebody else's")
        page.conversation, page.token = mine, token
        await page.say("mine")

        assert await heard(socket, "mine") == ["mine"]


async def test_a_service_that_is_down_loses_nothing(page: Web, service: WebPubSubServer) -> None:
    await page.join()
    service.down = True

    await page.say("while it is down")

    service.down = False
    assert await page.heard() == ["while it is down"]
    async with ClientSession() as http, http.ws_connect(await stream_url(page)) as socket:
        assert await heard(socket, "while it is down") == ["while it is down"]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({}, 204),
        ({"ce-signature": "sha256=" + 64 * "0"}, 401),
        ({"ce-signature": ""}, 401),
        ({"ce-signature": "\u00e9"}, 401),
        ({"ce-userid": "nobody"}, 400),
        ({"ce-userid": "c.x"}, 400),
        ({"ce-type": "azure.webpubsub.sys.disconnected"}, 204),
        ({"ce-hub": "another"}, 204),
    ],
    ids=str,
)
async def test_only_what_the_service_has_signed_is_believed(
    page: Web, service: WebPubSubServer, change: dict[str, str], status: int
) -> None:
    import hashlib
    import hmac

    digest = hmac.new(service.key.encode(), b"c-1", hashlib.sha256).hexdigest()
    headers = {
        "ce-type": "azure.webpubsub.sys.connected",
        "ce-hub": HUB,
        "ce-connectionid": "c-1",
        "ce-userid": "nothing-said-there.0",
        "ce-signature": f"sha256={64 * 'a'},sha256={digest}",
        **change,
    }
    request = func.HttpRequest(
        method="POST", url="http://localhost/", headers=headers, params={}, body=b"{}"
    )

    answer = await web_stream.stream.build().get_user_function()(request)

    assert answer.status_code == status


async def test_the_service_may_ask_whether_it_is_wanted(
    page: Web, service: WebPubSubServer
) -> None:
    request = func.HttpRequest(method="OPTIONS", url="http://localhost/", body=b"")

    answer = await web_stream.stream.build().get_user_function()(request)

    assert answer.status_code == 200
    assert service.url.endswith(answer.headers["WebHook-Allowed-Origin"])


async def test_without_the_service_there_is_no_such_route(
    open_web: OpenWeb, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Host:
        web = open_web().channel

    monkeypatch.setattr(web_stream, "fabric", Host)
    request = func.HttpRequest(method="POST", url="http://localhost/", body=b"")

    answer = await web_stream.stream.build().get_user_function()(request)

    assert answer.status_code == 404
    assert "streamUrl" not in await resumed(open_web())


async def resumed(page: Web) -> dict[str, Any]:
    await page.join()
    return await page.channel.resume(call("GET", page.token, conversation=page.conversation))
