"""API Management in front of backends and models: what it knows this app by, and which bot asks.

The gateway holds the backends' keys and enforces the numbers of `backends.toml` for all
instances; `python -m packing.gateway` writes its policies.
"""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from shared.integrations.access import own_token
from shared.observability import meter

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential

KEY_HEADER = "Ocp-Apim-Subscription-Key"
BOT_HEADER, DEPARTMENT_HEADER = "x-bot-id", "x-bot-department"

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
            token = await own_token(self._credential, self._scope, of="the gateway")
            headers["Authorization"] = f"Bearer {token}"
        return headers


def ascii_only(text: str) -> str:
    """Write a name as a header takes it: other characters as `?`."""
    return text.encode("ascii", "replace").decode()
