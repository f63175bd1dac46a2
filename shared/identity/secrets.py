"""Secrets that are named by their place in a Key Vault, read when needed: rotation is seen.

An app setting, also one with a Key Vault reference of the platform, is fixed while the process
lives. A `keyvault://` value is read again every few minutes, and at once when the secret that
it gave was refused.

Source: learn.microsoft.com, "Get Secret" (REST, 7.4), "Use Key Vault references" (rotation).
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared import vault_reference
from shared.clients.http import HttpClient, Response
from shared.errors import Unavailable
from shared.observability import log

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential

FRESH_FOR = 300
REFUSED_PAUSE = 10
"""Seconds between two looks for a newer secret: what was refused may be a stranger's guess."""

TOKEN_TIMEOUT = 5

_ROLE = (
    "give the app's identity (AZURE_CLIENT_ID) the role Key Vault Secrets User "
    "(4633458b-17de-408a-874b-0445c86b69e6) on the vault, and let it through the vault's firewall"
)
_UNRESOLVED = "@Microsoft.KeyVault("


@dataclass(frozen=True, slots=True)
class _Secret:
    value: str
    read_at: float


class Secrets:
    """`credential` makes the one that opens vaults; it is called when there is one to open."""

    def __init__(
        self,
        http: HttpClient,
        credential: "Callable[[], AsyncTokenCredential] | None" = None,
        *,
        local: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._http = http
        self._credential = credential
        self._local = local
        self._clock = clock
        self._secrets: dict[str, _Secret] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self._ends: dict[str, float] = {}

    async def get(self, value: str, *, refused: str = "") -> str:
        """The secret that `value` is or refers to; not `refused`, if there is a newer one.

        Raises Unavailable, naming what to mend; while the vault is down, what was read last
        serves.
        """
        if value.startswith(_UNRESOLVED):
            raise Unavailable(
                f"an app setting holds a Key Vault reference that is not resolved; {_ROLE}, or "
                f"write {vault_reference.FORM} instead"
            )
        if not vault_reference.is_reference(value):
            return value
        async with self._locks.setdefault(value, asyncio.Lock()):
            known, now = self._secrets.get(value), self._clock()
            if known is not None:
                newest = not refused or known.value != refused
                if now - known.read_at < (FRESH_FOR if newest else REFUSED_PAUSE):
                    return known.value
            try:
                secret = await self._read(value)
            except Unavailable as error:
                if known is None:
                    raise
                log.warning("secret.not_renewed", secret=value, reason=str(error))
                soon = self._clock() - FRESH_FOR + REFUSED_PAUSE
                self._secrets[value] = _Secret(known.value, soon)
                return known.value
            self._secrets[value] = _Secret(secret, self._clock())
            return secret

    async def ends_at(self, value: str) -> float | None:
        """The Unix time at which a vault says that a secret ends; None where it says nothing."""
        await self.get(value)
        return self._ends.get(value)

    async def _read(self, value: str) -> str:
        reference = vault_reference.parse(value, local=self._local)
        if reference is None:
            raise Unavailable(f"{value} is no Key Vault secret; write {vault_reference.FORM}")
        headers = {"authorization": f"Bearer {await self._token(value, reference.scope)}"}
        response = await self._http.request("GET", reference.url, headers=headers)
        answer = response.json()
        secret = answer.get("value") if isinstance(answer, dict) else None
        attributes = answer.get("attributes") if isinstance(answer, dict) else None
        end = attributes.get("exp") if isinstance(attributes, dict) else None
        self._ends.pop(value, None)
        if isinstance(end, int):
            self._ends[value] = float(end)
        if response.status == 200 and isinstance(secret, str) and secret:
            return secret
        raise Unavailable(_why(value, response), after=response.retry_after)

    async def _token(self, value: str, scope: str) -> str:
        from azure.core.exceptions import AzureError

        if self._credential is None:
            raise Unavailable(f"{value}: this process has no credential for Key Vault")
        try:
            async with asyncio.timeout(TOKEN_TIMEOUT):
                return (await self._credential().get_token(scope)).token
        except (AzureError, TimeoutError) as error:
            raise Unavailable(
                f"{value}: no token for Key Vault ({type(error).__name__}); assign the identity "
                "of AZURE_CLIENT_ID to the Function App, or sign in with az login on a laptop"
            ) from error


def _why(value: str, response: Response) -> str:
    status = response.status
    said = f"Key Vault answers {status} for {value}"
    if status in (401, 403):
        return f"{said}; {_ROLE}"
    if status == 404:
        return f"{said}; create that secret, or correct its name"
    return said
