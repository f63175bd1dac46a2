"""Who this app is towards Azure: its managed identity, or whoever is signed in on a laptop."""

import asyncio
from typing import TYPE_CHECKING

from shared.errors import Unavailable

if TYPE_CHECKING:
    from azure.core.credentials import AccessToken
    from azure.core.credentials_async import AsyncTokenCredential
    from azure.identity.aio import ManagedIdentityCredential

TOKEN_TIMEOUT = 5
"""Seconds; where there is no managed identity, the SDK would look for one much longer."""


def credential(*, local: bool, client_id: str) -> "AsyncTokenCredential":
    """One for the process; it keeps its tokens, and is closed by who made it.

    `client_id` is that of a user-assigned identity, "" for the system-assigned one.
    """
    if local:
        from azure.identity.aio import DefaultAzureCredential

        return DefaultAzureCredential(managed_identity_client_id=client_id or None)
    from azure.identity.aio import ManagedIdentityCredential

    return ManagedIdentityCredential(client_id=client_id or None)


class OneCredential:
    """The same one, made by who needs it first."""

    def __init__(self, *, local: bool, client_id: str) -> None:
        self._local = local
        self._client_id = client_id
        self._made: AsyncTokenCredential | None = None

    def get(self) -> "AsyncTokenCredential":
        if self._made is None:
            self._made = credential(local=self._local, client_id=self._client_id)
        return self._made

    async def close(self) -> None:
        if self._made is not None:
            await self._made.close()
            self._made = None


class ManagedIdentities:
    """Tokens of the user-assigned identities that bots have, by client id."""

    def __init__(self) -> None:
        self._credentials: dict[str, ManagedIdentityCredential] = {}

    async def token(self, client_id: str, scope: str) -> "AccessToken":
        """A token with its end in Unix time; the SDK keeps it. Raises Unavailable."""
        from azure.core.exceptions import AzureError
        from azure.identity.aio import ManagedIdentityCredential

        if client_id not in self._credentials:
            self._credentials[client_id] = ManagedIdentityCredential(client_id=client_id)
        try:
            async with asyncio.timeout(TOKEN_TIMEOUT):
                token: AccessToken = await self._credentials[client_id].get_token(scope)
                return token
        except (AzureError, TimeoutError) as error:
            raise Unavailable(
                f"no token for the managed identity {client_id} ({type(error).__name__})"
            ) from error

    async def close(self) -> None:
        while self._credentials:
            await self._credentials.popitem()[1].close()
