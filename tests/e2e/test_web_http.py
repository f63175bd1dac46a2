"""Direct Line over HTTP, as the host serves it: statuses, error bodies, CORS."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from shared.clients.http import HttpClient, Response


class Caller:
    """Calls below `/api/v3/directline`, from the host's own page unless told otherwise."""

    def __init__(self, host: str) -> None:
        self.host = host
        self.http = HttpClient()

    async def call(self, method: str, path: str, token: str = "", **options: Any) -> Response:
        headers = {"Origin": self.host} | options.pop("headers", {})
        if token:
            headers["Authorization"] = f"Bearer {token}"
        url = f"{self.host}/api/v3/directline{path}"
        return await self.http.request(method, url, headers=headers, **options)

    async def join(self) -> tuple[str, str]:
        """A token and its conversation."""
        response = await self.call("POST", "/tokens/generate", json={"bot": "echo"})
        assert response.status == 200
        granted = response.json()
        return granted["token"], f"/conversations/{granted['conversationId']}"


@pytest.fixture
async def web(host: str) -> AsyncIterator[Caller]:
    caller = Caller(host)
    yield caller
    await caller.http.close()


async def test_a_conversation_is_201_first_and_200_afterwards(web: Caller) -> None:
    token, _ = await web.join()

    assert [(await web.call("POST", "/conversations", token)).status for _ in "12"] == [201, 200]


async def test_generate_answers_404_and_403(web: Caller) -> None:
    unknown = await web.call("POST", "/tokens/generate", json={"bot": "nobody"})
    foreign = await web.call(
        "POST",
        "/tokens/generate",
        json={"bot": "echo"},
        headers={"Origin": "https://evil.example"},
    )

    assert (unknown.status, foreign.status) == (404, 403)
    assert unknown.json() == {"error": {"code": "NotFound", "message": "NotFound"}}
    assert "access-control-allow-origin" not in foreign.headers


async def test_a_preflight_is_answered_for_its_own_page_only(web: Caller) -> None:
    _, conversation = await web.join()
    for path in ("/tokens/generate", "/conversations", f"{conversation}/activities"):
        own = await web.call("OPTIONS", path)
        foreign = await web.call("OPTIONS", path, headers={"Origin": "https://evil.example"})

        assert own.status == 204
        assert own.headers["access-control-allow-origin"] == web.host
        assert "authorization" in own.headers["access-control-allow-headers"]
        assert own.headers["vary"] == foreign.headers["vary"] == "Origin"
        assert "access-control-allow-origin" not in foreign.headers


async def test_polling_is_answered_200_403_or_404(web: Caller) -> None:
    token, conversation = await web.join()
    _, other = await web.join()

    assert (await web.call("GET", f"{conversation}/activities?watermark=", token)).json() == {
        "activities": [],
        "watermark": "0",
    }
    assert (await web.call("GET", f"{conversation}/activities")).status == 403
    assert (await web.call("GET", f"{other}/activities", token)).status == 403


async def test_a_post_without_a_token_is_401_and_a_long_one_413(web: Caller) -> None:
    token, conversation = await web.join()
    path, long = f"{conversation}/activities", {"type": "message", "text": "a" * 70_000}

    assert (await web.call("POST", path, json={"type": "message"})).status == 401
    assert (await web.call("POST", path, token, json=long)).status == 413
    assert (await web.call("POST", path, token, json=[1])).status == 400


async def test_errors_can_be_read_by_the_page(web: Caller) -> None:
    response = await web.call("POST", "/conversations", "A" * 43)

    assert response.status == 401
    assert response.headers["access-control-allow-origin"] == web.host
    assert response.headers["cache-control"] == "no-store"
