"""API Management in front of backends and models: what it knows this app by, and which bot asks.

The gateway holds the backends' keys and enforces the numbers of `backends.toml` for all
instances; `python -m packing.gateway` writes its policies.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from shared.errors import Unavailable
from shared.observability import meter

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential

KEY_HEADER = "Ocp-Apim-Subscription-Key"
BOT_HEADER, DEPARTMENT_HEADER = "x-bot-id", "x-bot-department"
TOKEN_TIMEOUT = 5.0

NOBODY = "none"
"""Whom a call is counted for that no bot's turn makes, such as one of health."""


class Gateway:
    """Where it is and the headers that open it; `key` is a secret or its place in a vault.

    With a `scope` the app proves itself by a token of its own identity as well.
    """

    def __init__(
        self,
        url: str,
        key: str,
        scope: str,
        secret: Callable[[str], Awaitable[str]],
        credential: "Callable[[], AsyncTokenCredential]",
    ) -> None:
        self.url = url.rstrip("/")
        self._key, self._scope = key, scope
        self._secret, self._credential = secret, credential

    def backend_url(self, name: str) -> str:
        return f"{self.url}/backends/{name}"

    async def headers(self, _bearer: str = "") -> dict[str, str]:
        """Return those of one call, for the work at hand. Raises Unavailable.

        No person's token goes through it: the manifest refuses `auth = "user"` beside a gateway.
        """
        work = meter.current()
        headers = {
            KEY_HEADER: await self._secret(self._key),
            BOT_HEADER: work.bot or NOBODY,
            DEPARTMENT_HEADER: ascii_only(work.department) or NOBODY,
        }
        if self._scope:
            headers["Authorization"] = f"Bearer {await self._token()}"
        return headers

    async def _token(self) -> str:
        from azure.core.exceptions import AzureError

        try:
            async with asyncio.timeout(TOKEN_TIMEOUT):
                return (await self._credential().get_token(self._scope)).token
        except (AzureError, TimeoutError) as error:
            raise Unavailable(
                f"no token for the gateway, {self._scope} ({type(error).__name__})"
            ) from error


def ascii_only(text: str) -> str:
    """Write a name as a header takes it: other characters as `?`."""
    return text.encode("ascii", "replace").decode()
