"""HTTP as the Functions host does it: to a function, and back from it."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from urllib.parse import parse_qsl, unquote

import aiohttp
import azure.functions as func
from aiohttp import web
from azure.functions.http import HttpRequest, HttpResponseConverter

from cli.function import HTTP, Function
from cli.host_json import HostJson
from cli.page import Page
from cli.routes import Routes
from cli.sent import PREFIX as SENT
from cli.sent import Sent
from cli.web_socket import WebSockets
from cli.webhooks import Webhooks
from shared.observability import log
from shared.web_address import LOOPBACK

MAX_BODY_BYTES = 4_194_304
"""What FUNCTIONS_REQUEST_BODY_SIZE_LIMIT is to allow in Azure, where 100 MB are the default."""
MAX_HEADER_BYTES = 32_768
ADMIN, EVENT_GRID = "/admin/functions/", "/runtime/webhooks/eventgrid"


class HttpHost:
    """The web server on 127.0.0.1. It asks for no keys: as in `func start`, all are admin.

    What needs a key in Azure is not for web pages here, nor for a foreign name of this machine.
    """

    def __init__(
        self,
        functions: Sequence[Function],
        limits: HostJson,
        page: Page,
        sockets: WebSockets | None = None,
    ) -> None:
        http = [function for function in functions if function.type == HTTP]
        others = [function for function in functions if function.type != HTTP]
        self._routes = Routes(http)
        self._prefix = f"/{limits.route_prefix}/" if limits.route_prefix else "/"
        self._page = page
        self._sockets = sockets
        self._sent = Sent()
        self._webhooks = Webhooks(others)
        self._runner: web.ServerRunner | None = None

    async def start(self, port: int) -> int:
        """Listen and return the port; 0 takes a free one. OSError when it is taken."""
        logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
        server = web.Server(
            self._answer,
            access_log=None,
            auto_decompress=False,
            lingering_time=1,
            max_line_size=MAX_HEADER_BYTES,
            max_field_size=MAX_HEADER_BYTES,
        )
        self._runner = web.ServerRunner(server)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port, backlog=1024).start()
        return int(self._runner.addresses[0][1])

    async def stop(self, grace: float) -> None:
        """Accept nothing more; give what runs `grace` seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(grace):
                if self._sockets is not None:
                    await self._sockets.close()
                if self._runner is not None:
                    await self._runner.cleanup()
                await self._webhooks.drain()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        try:
            headers = _headers(request)
            body = await _body(request)
        except (ValueError, aiohttp.ClientError, ConnectionError):
            return _closing(400)
        if body is None:
            return _closing(413)
        query = _query(request)
        if self._sockets and (stream := await self._sockets.answer(request, headers, query)):
            return stream
        path = request.rel_url.raw_path
        if (route := path.casefold()).startswith(ADMIN) and request.method == "POST":
            if not _from_here(headers):
                return web.Response(status=403)
            return self._webhooks.run_by_hand(unquote(path[len(ADMIN) :]), body)
        if route.rstrip("/") == EVENT_GRID:
            if "origin" in headers:
                return web.Response(status=403)
            name = query.get("functionName", "")
            return await self._webhooks.event_grid(request.method, name, headers, body)
        if path == SENT or path.startswith(f"{SENT}/"):
            return self._sent.answer(request.method, path, body)
        if path.startswith(self._prefix):
            matched = self._routes.match(request.method, path[len(self._prefix) :])
            if matched is not None:
                function, parameters = matched
                if function.needs_key and not _from_here(headers):
                    return web.Response(status=403)
                return await _call(
                    function,
                    HttpRequest(
                        method=request.method,
                        url=f"http://{headers.get('host', '')}{request.raw_path}",
                        headers=headers,
                        params=query,
                        route_params=parameters,
                        body_type="bytes",
                        body=body,
                    ),
                )
        return self._page.answer(request.method, path) or web.Response(status=404)


async def _call(function: Function, request: HttpRequest) -> web.Response:
    try:
        return _response(await function.run(request))
    except Exception:
        log.error("function.failed", exc_info=True, function=function.name)
        return web.Response(status=500)


def _headers(request: web.BaseRequest) -> dict[str, str]:
    """Names in lower case, repeated ones joined by a comma; ValueError when not UTF-8."""
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        if not value.isascii():
            value.encode()
        key = name.lower()
        headers[key] = f"{headers[key]},{value}" if key in headers else value
    return headers


async def _body(request: web.BaseRequest) -> bytes | None:
    """The exact bytes, but only of a request that says its length; None over the limit."""
    length = request.content_length or 0
    if length > MAX_BODY_BYTES:
        return None
    return await request.content.read() if length > 0 else b""


def _query(request: web.BaseRequest) -> dict[str, str]:
    """Repeated keys joined by a comma, empty values dropped."""
    query: dict[str, str] = {}
    if not (text := request.rel_url.raw_query_string):
        return query
    for key, value in parse_qsl(text):
        query[key] = f"{query[key]},{value}" if key in query else value
    return query


def _response(answer: object) -> web.Response:
    """Make of it what the worker makes: one value of each header, and the cookies it can read.

    It takes the cookies out of the object, so that one returned twice has them once.
    """
    if not isinstance(answer, str | func.HttpResponse):
        raise TypeError(f"an HTTP function returned {type(answer).__name__}, not HttpResponse")
    sent = HttpResponseConverter.encode(answer, expected_type=None)
    if isinstance(answer, str):
        return web.Response(text=answer)
    headers = {name: value.value for name, value in sent.value["headers"].items()}
    response = web.Response(status=answer.status_code, body=answer.get_body(), headers=headers)
    for cookies in sent.value["cookies"] or ():
        for cookie in cookies.values():
            response.headers.add("Set-Cookie", cookie.OutputString())
    return response


def _closing(status: int) -> web.Response:
    """An answer to a request whose body stays unread."""
    response = web.Response(status=status)
    response.force_close()
    return response


def _from_here(headers: Mapping[str, str]) -> bool:
    """Whether a request is no web page's and came under a loopback name: no rebinding, no CSRF."""
    host = headers.get("host", "").rpartition(":")[0] or headers.get("host", "")
    return host.strip("[]") in LOOPBACK and "origin" not in headers
