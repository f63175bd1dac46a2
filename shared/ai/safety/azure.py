"""ContentSafety of `azure-content-safety://<host>`: Azure AI Content Safety over REST.

Source: learn.microsoft.com, Content Safety REST reference, `text:analyze` 2024-09-01. A text of
more than 10,000 characters is refused there, so a longer one is judged in pieces.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from shared.clients.http import HttpClient
from shared.errors import Unavailable
from shared.ports.safety import Harm, Judgement, Severity

VERSION = "2024-09-01"
MAX_CHARACTERS = 10_000
SECONDS = 5.0
"""Somebody waits for the answer."""


class AzureContentSafety:
    """`token()` gives a bearer token where there is no `key()`."""

    def __init__(
        self,
        endpoint: str,
        http: HttpClient,
        *,
        key: Callable[[], Awaitable[str]] | None = None,
        token: Callable[[], Awaitable[str]],
    ) -> None:
        self._url = f"{endpoint}/contentsafety/text:analyze?api-version={VERSION}"
        self._http, self._key, self._token = http, key, token

    async def judge(self, text: str) -> Judgement:
        worst: dict[Harm, Severity] = {}
        for start in range(0, max(1, len(text)), MAX_CHARACTERS):
            judged = await self._analyze(text[start : start + MAX_CHARACTERS])
            worst = {harm: max(judged[harm], worst.get(harm, Severity.SAFE)) for harm in judged}
        return worst

    async def check(self) -> str:
        try:
            await self._analyze("hello")
        except Unavailable as error:
            return str(error)
        return ""

    async def close(self) -> None:
        """The HTTP client is everybody's."""

    async def _analyze(self, text: str) -> dict[Harm, Severity]:
        body = {
            "text": text,
            "categories": [harm.value for harm in Harm],
            "outputType": "FourSeverityLevels",
        }
        headers = await self._authorization()
        try:
            async with asyncio.timeout(SECONDS):
                answer = await self._http.request("POST", self._url, headers=headers, json=body)
        except TimeoutError:
            raise Unavailable(f"content safety: no answer within {SECONDS:g} s") from None
        if answer.status in (401, 403):
            raise Unavailable(f"content safety: {answer.status}; check FABRIC_SAFETY_KEY", after=60)
        if answer.status != 200:
            raise Unavailable(f"content safety: {answer.status}", after=answer.retry_after)
        return _severities(answer.json())

    async def _authorization(self) -> Mapping[str, str]:
        if self._key:
            return {"Ocp-Apim-Subscription-Key": await self._key()}
        return {"Authorization": f"Bearer {await self._token()}"}


def _severities(answer: Any) -> dict[Harm, Severity]:
    """Read `categoriesAnalysis`. Raises Unavailable for what is none."""
    try:
        return {
            Harm(one["category"]): Severity(one["severity"]) for one in answer["categoriesAnalysis"]
        }
    except (TypeError, KeyError, ValueError):
        raise Unavailable("content safety: its answer cannot be read") from None
