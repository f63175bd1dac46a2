"""The local host over HTTP: what reaches a function, and what comes back."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any

import azure.functions as func
import pytest

from cli.function import Function
from cli.host_json import HostJson
from cli.http_host import HttpHost
from cli.page import Page
from shared.clients.http import HttpClient, Response


class Echo:
    """An HTTP function that remembers its last request and answers what it was told to."""

    def __init__(self) -> None:
        self.request: Any = None
        self.answer: Any = func.HttpResponse("ok")

    async def __call__(self, req: func.HttpRequest) -> Any:
        self.request = req
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class Facts:
    """A function without HTTP that remembers what it was handed."""

    def __init__(self) -> None:
        self.seen: asyncio.Queue[Any] = asyncio.Queue()
        self.fails = False

    async def __call__(self, event: Any) -> None:
        self.seen.put_nowait(event)
        if self.fails:
            raise RuntimeError("broken")


def http(
    call: Callable[..., Awaitable[Any]], route: str, *methods: str, level: str = "ANONYMOUS"
) -> Function:
    async def run(req: func.HttpRequest) -> Any:
        return await call(req)

    return Function(
        route.split("/", maxsplit=1)[0],
        {
            "type": "httpTrigger",
            "name": "req",
            "route": route,
            "methods": methods,
            "authLevel": level,
        },
        run,
    )


def other(type: str, call: Callable[..., Awaitable[Any]], **trigger: Any) -> Function:
    async def run(event: Any) -> None:
        await call(event)

    return Function(type.removesuffix("Trigger"), {"type": type, "name": "event", **trigger}, run)


@pytest.fixture
def echo() -> Echo:
    return Echo()


@pytest.fixture
def facts() -> Facts:
    return Facts()


@pytest.fixture
async def port(echo: Echo, facts: Facts) -> AsyncIterator[int]:
    functions = [
        http(echo, "echo/{name?}", "GET", "POST"),
        http(echo, "keyed", "POST", level="FUNCTION"),
        other("eventGridTrigger", facts),
        other("timerTrigger", facts, schedule="0 0 0 1 1 *"),
        other("serviceBusTrigger", facts, queueName="jobs", isSessionsEnabled=True),
    ]
    host = HttpHost(functions, HostJson(), Page({}, {}))
    yield await host.start(0)
    await host.stop(1)


@pytest.fixture
async def ask(port: int) -> AsyncIterator[Callable[..., Awaitable[Response]]]:
    client = HttpClient()

    async def request(method: str, path: str, **options: Any) -> Response:
        return await client.request(method, f"http://127.0.0.1:{port}{path}", **options)

    yield request
    await client.close()


async def raw(port: int, request: bytes) -> bytes:
    """Send bytes and read the answer until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        async with asyncio.timeout(10):
            return await reader.read()
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


Ask = Callable[..., Awaitable[Response]]


# --- to a function -----------------------------------------------------------------------------


async def test_the_body_arrives_byte_for_byte(port: int, echo: Echo) -> None:
    body = b'\xff{"a": 1,  "a": 2}\r\n'
    await raw(
        port,
        b"POST /api/echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body),
    )
    assert echo.request.get_body() == body


async def test_a_chunked_body_arrives_empty(port: int, echo: Echo) -> None:
    answer = await raw(
        port,
        b"POST /api/echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    )
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert echo.request.get_body() == b""


async def test_headers_are_lower_case_and_repeated_ones_joined(port: int, echo: Echo) -> None:
    await raw(
        port,
        b"GET /api/echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        b"X-Twice: one\r\nx-twice: two\r\n\r\n",
    )
    assert dict(echo.request.headers)["x-twice"] == "one,two"


async def test_empty_query_values_are_dropped_and_repeated_ones_joined(
    ask: Ask, echo: Echo
) -> None:
    await ask("GET", "/api/echo?a=1&a=2&b=&c=%20x%2B")
    assert dict(echo.request.params) == {"a": "1,2", "c": " x+"}


async def test_path_parameters_and_url(ask: Ask, port: int, echo: Echo) -> None:
    await ask("GET", "/api/echo/a%20b?q=1")
    assert dict(echo.request.route_params) == {"name": "a b"}
    assert echo.request.url == f"http://127.0.0.1:{port}/api/echo/a%20b?q=1"
    await ask("GET", "/api/echo")
    assert dict(echo.request.route_params) == {}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "/api/echo"),
        ("HEAD", "/api/nothing"),
        ("GET", "/api/"),
        ("GET", "/api"),
        ("GET", "/echo"),
        ("POST", "/"),
        ("GET", "/../host.json"),
        ("GET", "/page/../../host.json"),
        ("GET", "/%2e%2e/host.json"),
        ("GET", "/runtime/webhooks/EventGrid?functionName=nobody"),
        ("POST", "/admin/functions/nobody"),
        ("GET", "/admin/functions/timer"),
    ],
)
async def test_anything_else_is_404_without_a_body(ask: Ask, method: str, path: str) -> None:
    response = await ask(method, path)
    assert (response.status, response.body) == (404, b"")


@pytest.mark.parametrize(
    "request_line",
    [
        b"GET /api/echo HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 40_000,
        b"GET /api/" + b"a" * 40_000 + b" HTTP/1.1\r\nHost: x",
        b"GET /api/echo HTTP/1.1\r\nHost: x\r\nX-Odd: \xff",
        b"GET /api/echo HTTP/1.1\r\nHost: x\r\nContent-Length: minus",
        b"GET //[::1 HTTP/1.1\r\nHost: [",
        b"nonsense",
    ],
    ids=["header", "path", "not-utf-8", "length", "url", "nonsense"],
)
async def test_what_is_no_request_is_refused(port: int, request_line: bytes) -> None:
    answer = await raw(port, request_line + b"\r\nConnection: close\r\n\r\n")
    assert answer.split()[1] in (b"400", b"404", b"431")


async def test_a_body_over_100_mb_is_413(port: int, echo: Echo) -> None:
    answer = await raw(
        port, b"POST /api/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 104857601\r\n\r\nx"
    )
    assert answer.split()[1] == b"413"
    assert echo.request is None


# --- back from it ------------------------------------------------------------------------------


async def test_status_headers_and_cookies_come_back(ask: Ask, echo: Echo) -> None:
    echo.answer = func.HttpResponse("{}", status_code=418, mimetype="application/json")
    echo.answer.headers["X-Own"] = "yes"
    response = await ask("GET", "/api/echo")
    assert (response.status, response.body) == (418, b"{}")
    assert response.headers["content-type"] == "application/json"
    assert response.headers["x-own"] == "yes"


async def test_text_says_its_charset(ask: Ask, echo: Echo) -> None:
    echo.answer = func.HttpResponse("grüß dich")
    response = await ask("GET", "/api/echo")
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert response.body.decode() == "grüß dich"


async def test_what_the_worker_loses_of_headers_is_lost_here_too(ask: Ask, echo: Echo) -> None:
    """azure-functions: the last of a repeated header, and no cookie with an unknown attribute."""
    echo.answer = func.HttpResponse("x")
    for name, value in (
        *(("X-Own", "first"), ("X-Own", "last")),
        *(("Set-Cookie", "a=1; Path=/"), ("Set-Cookie", "b=2"), ("Set-Cookie", "c=3; Shiny")),
    ):
        echo.answer.headers.add_header(name, value)

    response, again = await ask("GET", "/api/echo"), await ask("GET", "/api/echo")

    assert response.headers["x-own"] == "last"
    assert "set-cookie" in response.headers
    assert "c=3" not in response.headers["set-cookie"]
    assert "set-cookie" not in again.headers


@pytest.mark.parametrize("answer", [RuntimeError("secret"), None, {"a": 1}])
async def test_a_function_that_fails_is_a_500_without_a_body(
    ask: Ask, echo: Echo, answer: object
) -> None:
    echo.answer = answer
    response = await ask("GET", "/api/echo")
    assert (response.status, response.body) == (500, b"")


# --- Event Grid --------------------------------------------------------------------------------

GRID = "/runtime/webhooks/EventGrid?functionName=eventGrid"
EVENT = {"id": "1", "eventType": "Contoso.Made", "subject": "s", "data": {"n": 1}}
CLOUD_EVENT = {"id": "2", "specversion": "1.0", "type": "contoso.made", "source": "/x", "data": 2}


async def test_event_grid_validates_its_subscription(ask: Ask) -> None:
    body = [{"id": "0", "data": {"validationCode": "512d38b6"}}]
    headers = {"aeg-event-type": "SubscriptionValidation"}
    response = await ask("POST", GRID, json=body, headers=headers)
    assert (response.status, response.json()) == (200, {"validationResponse": "512d38b6"})


async def test_cloud_events_validate_by_options(ask: Ask) -> None:
    headers = {"WebHook-Request-Origin": "eventgrid.azure.net"}
    response = await ask("OPTIONS", GRID, headers=headers)
    assert response.status == 200
    assert response.headers["webhook-allowed-origin"] == "eventgrid.azure.net"
    assert (await ask("OPTIONS", GRID)).status == 400


@pytest.mark.parametrize("body", [EVENT, [EVENT], CLOUD_EVENT, [CLOUD_EVENT, EVENT]])
async def test_each_event_reaches_the_function(ask: Ask, facts: Facts, body: Any) -> None:
    response = await ask("POST", GRID, json=body, headers={"aeg-event-type": "Notification"})
    assert response.status == 202
    for event in body if isinstance(body, list) else [body]:
        seen = facts.seen.get_nowait()
        assert seen.id == event["id"]
        assert seen.get_json() == event["data"]
        assert isinstance(seen, func.CloudEvent if "specversion" in event else func.EventGridEvent)


async def test_one_event_that_the_worker_cannot_read_fails_alone(ask: Ask, facts: Facts) -> None:
    """azure-functions reads no time with an offset but +00:00: nothing of ours sees that event."""
    unread = {**CLOUD_EVENT, "id": "3", "time": "2026-11-01T10:00:00+02:00"}

    response = await ask("POST", GRID, json=[unread, EVENT, {"no": "event"}])

    assert response.status == 500, "Event Grid delivers the batch again"
    assert facts.seen.get_nowait().id == "1"
    assert facts.seen.empty()


async def test_event_grid_hears_of_a_failure(ask: Ask, facts: Facts) -> None:
    facts.fails = True
    assert (await ask("POST", GRID, json=[EVENT])).status == 500


@pytest.mark.parametrize("body", ["{", "1", "[]]", '[{"id": 1}]', '[{"id": "1"}]', "[" * 100_000])
@pytest.mark.parametrize("kind", ["Notification", "SubscriptionValidation"])
async def test_malformed_events_are_400(port: int, body: str, kind: str) -> None:
    answer = await raw(
        port,
        f"POST {GRID} HTTP/1.1\r\nHost: x\r\nConnection: close\r\naeg-event-type: {kind}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}".encode(),
    )
    assert answer.split()[1] == b"400"


# --- by hand -----------------------------------------------------------------------------------


async def test_a_timer_runs_by_hand(ask: Ask, facts: Facts) -> None:
    assert (await ask("POST", "/admin/functions/timer", json={"input": ""})).status == 202
    async with asyncio.timeout(5):
        assert not (await facts.seen.get()).past_due


async def test_a_queue_function_runs_by_hand(ask: Ask, facts: Facts) -> None:
    given = {"input": json.dumps({"a": 1})}
    assert (await ask("POST", "/admin/functions/serviceBus", json=given)).status == 202
    async with asyncio.timeout(5):
        message = await facts.seen.get()
    assert json.loads(message.get_body()) == {"a": 1}
    assert message.delivery_count == 1


@pytest.mark.parametrize("body", ["x", "[]", '{"input": "not an event"}'])
async def test_bad_input_by_hand_is_400(port: int, body: str) -> None:
    answer = await raw(
        port,
        b"POST /admin/functions/eventGrid HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        b"Content-Length: %d\r\n\r\n%s" % (len(body), body.encode()),
    )
    assert answer.split()[1] == b"400"


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Host": "evil.example:7071"}]
)
async def test_what_needs_a_key_elsewhere_is_not_for_web_pages(
    ask: Ask, echo: Echo, headers: dict[str, str]
) -> None:
    assert (await ask("POST", "/api/keyed", json={}, headers=headers)).status == 403
    assert echo.request is None

    assert (await ask("POST", "/api/keyed", json={})).status == 200


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Host": "evil.example:7071"}]
)
async def test_a_web_page_elsewhere_cannot_run_a_function(
    ask: Ask, facts: Facts, headers: dict[str, str]
) -> None:
    response = await ask("POST", "/admin/functions/timer", json={}, headers=headers)
    assert response.status == 403
    assert facts.seen.empty()


# --- the page, and what stands in for the chat services ---------------------------------------


async def test_the_page_allows_nothing_foreign(ask: Ask) -> None:
    response = await ask("GET", "/")
    assert response.status == 200
    assert response.headers["content-type"].startswith("text/html")
    assert response.headers["x-content-type-options"] == "nosniff"
    policy = response.headers["content-security-policy"].split("; ")
    assert policy == [
        "default-src 'self'",
        "img-src 'self' https: data:",
        "media-src 'self' https:",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
    assert (await ask("GET", "/app.js")).headers["content-type"].startswith("text/javascript")
    assert (await ask("GET", "/favicon.ico")).status == 204


async def test_what_the_bots_send_is_shown(ask: Ask) -> None:
    activity = {"type": "message", "text": "hi"}
    sent = await ask("POST", "/_sent/teams/v3/conversations/a%3A1/activities", json=activity)
    assert sent.json()["id"]
    sent = await ask("POST", "/_sent/whatsapp/10001/messages", json={"to": "12025550101"})
    assert sent.json()["messages"][0]["id"].startswith("wamid.")
    first, second = (await ask("GET", "/_sent")).json()
    assert first["body"] == activity
    assert first["path"] == "v3/conversations/a:1/activities"
    assert second["service"] == "whatsapp"
