"""A request and its reply, as the handlers see them."""

import base64
import json
from typing import Any
from urllib.parse import unquote

from aiohttp import web

from stand_ins.cosmos.errors import Failure
from stand_ins.cosmos.query.parser import parse
from stand_ins.cosmos.query.syntax import Parameters, Query
from stand_ins.cosmos.resources import Json


class Request:
    """What a handler needs of one HTTP request."""

    def __init__(self, request: web.Request, raw: bytes) -> None:
        self.method = request.method
        self.headers = request.headers
        self.host = request.host
        self.raw = raw
        self.parts = [unquote(part) for part in request.rel_url.raw_path.split("/") if part]

    @property
    def json(self) -> Any:
        try:
            return json.loads(self.raw)
        except ValueError:
            raise Failure(400, "The request body is not valid JSON.") from None

    def flag(self, name: str) -> bool:
        return self.headers.get(name, "").lower() == "true"

    def statement(self) -> tuple[Query, Parameters]:
        """Query text and parameters of a query request."""
        body = self.json
        body = {"query": body} if isinstance(body, str) else body
        parameters = {each["name"]: each.get("value") for each in body.get("parameters") or []}
        return parse(body["query"]), parameters

    def page_size(self) -> int:
        size = int(self.headers.get("x-ms-max-item-count", 100))
        return size if size > 0 else 1000

    def partition_key(self) -> list[Any] | None:
        raw = self.headers.get("x-ms-documentdb-partitionkey")
        return None if raw is None else json.loads(raw)


class Reply:
    """What is answered, and what it costs in request units."""

    def __init__(
        self, status: int = 200, body: Any = None, charge: float = 1.0, **headers: object
    ) -> None:
        self.status = status
        self.body = body
        self.charge = charge
        self.headers = {name.replace("_", "-"): str(value) for name, value in headers.items()}


def pack(token: Json | None) -> str | None:
    """Return a continuation as text, None when there is none."""
    return base64.b64encode(json.dumps(token).encode()).decode() if token else None


def unpack(text: str | None) -> Json:
    if not text:
        return {}
    try:
        token: Json = json.loads(base64.b64decode(text))
    except ValueError:
        raise Failure(400, "Invalid continuation token.") from None
    return token
