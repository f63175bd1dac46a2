"""A token for Microsoft Graph of an app of its own, or of whoever this process is.

Source: learn.microsoft.com, "Get access without a user" (client credentials).
"""

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from shared.clients.http import HttpClient
from shared.errors import Unavailable
from shared.identity.secrets import Secrets

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential

RENEWED_BEFORE_SECONDS = 300
IDENTITY_SECONDS = 30


class GraphToken:
    """`tenant`, `client` and `secret` name the app; without them `credential` is who asks."""

    def __init__(
        self,
        http: HttpClient,
        *,
        graph_url: str,
        token_url: str,
        credential: "Callable[[], AsyncTokenCredential]",
        tenant: str = "",
        client: str = "",
        secret: str = "",
        secrets: Secrets | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        parts = urlsplit(graph_url)
        self._scope = f"{parts.scheme}://{parts.netloc}/.default"
        self._url = token_url.replace("{tenant}", quote(tenant, safe=""))
        self._http = http
        self._credential = credential
        self._client, self._secret = client, secret
        self._secrets = secrets or Secrets(http, credential)
        self._clock = clock
        self._token, self._until = "", 0.0

    async def get(self) -> str:
        """A token that is good for some minutes yet. Raises Unavailable, naming what to mend."""
        if self._clock() < self._until:
            return self._token
        token, until = await (self._of_app() if self._client else self._of_identity())
        self._token, self._until = token, until - RENEWED_BEFORE_SECONDS
        return token

    async def _of_app(self) -> tuple[str, float]:
        form = {
            "grant_type": "client_credentials",
            "client_id": self._client,
            "client_secret": await self._secrets.get(self._secret),
            "scope": self._scope,
        }
        response = await self._http.request("POST", self._url, form=form)
        answer = response.json()
        answer = answer if isinstance(answer, dict) else {}
        token, lifetime = answer.get("access_token"), str(answer.get("expires_in"))
        if response.status != 200 or not isinstance(token, str):
            error = str(answer.get("error", response.status))[:60]
            raise Unavailable(f"Entra gives no token ({error}); check tenant, client and secret")
        return token, self._clock() + (float(lifetime) if lifetime.isdecimal() else 0.0)

    async def _of_identity(self) -> tuple[str, float]:
        from azure.core.exceptions import AzureError

        try:
            async with asyncio.timeout(IDENTITY_SECONDS):
                token = await self._credential().get_token(self._scope)
        except (AzureError, TimeoutError) as error:
            raise Unavailable(
                f"no token for Graph ({type(error).__name__}); sign in with az login, or write "
                "tenant, client and secret"
            ) from error
        return token.token, float(token.expires_on)
