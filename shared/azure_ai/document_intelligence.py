"""Scans of `azure-document-intelligence://<resource-host>`: its model `prebuilt-read`.

Source: learn.microsoft.com, Document Intelligence 2024-11-30, "Analyze Document" and "Get Analyze
Result": the first answer says where the result will be, and in how many seconds to ask for it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from shared.azure_ai.resource import Resource, Service, code_of
from shared.clients.http import Response
from shared.errors import Unavailable
from shared.ports.scans import NoScan, Scan

VERSION = "2024-11-30"
RESULT_SECONDS = 60.0
"""How long a turn waits for the result."""

ASK_AGAIN_SECONDS = 1.0
"""Between two questions for it, where the service does not say."""

LEAST_SECONDS = 0.2
"""The same, whatever it says."""

SERVICE = Service(
    "documents",
    "FABRIC_DOCUMENTS_URL",
    "FABRIC_DOCUMENTS_KEY",
    "Cognitive Services User",
    seconds=30.0,
)
_MODELS = "/documentintelligence/documentModels"


class AzureDocumentIntelligence:
    def __init__(
        self, resource: Resource, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._resource = resource
        self._sleep = sleep

    async def read(self, content: bytes, pages: int) -> Scan:
        answer = await self._resource.request(
            "POST",
            f"{_MODELS}/prebuilt-read:analyze?api-version={VERSION}",
            headers={"content-type": "application/octet-stream"},
            body=content,
        )
        if answer.status != 202:
            raise NoScan(f"documents answers {answer.status} {code_of(answer)}".strip())
        result = await self._result(self._path(answer.headers.get("operation-location", "")))
        return _scan(result, pages)

    async def check(self) -> str:
        path = f"/documentintelligence/info?api-version={VERSION}"
        return await self._resource.check("GET", path)

    async def close(self) -> None:
        await self._resource.close()

    async def _result(self, path: str) -> Any:
        deadline = monotonic() + RESULT_SECONDS
        while monotonic() < deadline:
            answer = await self._asked(path)
            found = answer.json()
            status = found.get("status") if isinstance(found, dict) else None
            match status:
                case "succeeded":
                    return found.get("analyzeResult")
                case "failed":
                    raise NoScan(f"documents failed {code_of(answer)}".strip())
                case "notStarted" | "running":
                    after = answer.retry_after
                    seconds = ASK_AGAIN_SECONDS if after is None else after
                    await self._sleep(max(LEAST_SECONDS, seconds))
                case _:
                    raise _unreadable()
        raise Unavailable(f"documents: no result within {RESULT_SECONDS:g} s", maybe_done=True)

    async def _asked(self, path: str) -> Response:
        """The file is being read by now, and billed, whatever becomes of the questions."""
        try:
            return await self._resource.request("GET", path)
        except Unavailable as error:
            raise Unavailable(str(error), after=error.after, maybe_done=True) from error

    def _path(self, where: str) -> str:
        """Path and query of the result, which lies on the resource: nobody else gets our key."""
        parts, own = urlsplit(where), urlsplit(self._resource.url)
        if (parts.scheme, parts.netloc) != (own.scheme, own.netloc):
            raise _unreadable()
        return f"{parts.path}?{parts.query}"


def _scan(result: Any, pages: int) -> Scan:
    content = result.get("content") if isinstance(result, dict) else None
    if not isinstance(content, str):
        raise _unreadable()
    read = result.get("pages")
    return Scan(content.strip(), len(read) if isinstance(read, list) else pages)


def _unreadable() -> Unavailable:
    return Unavailable("documents: its answer cannot be read", maybe_done=True)
