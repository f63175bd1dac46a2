"""What the queues and blobs of one Azure Storage account have in common: time limits, errors.

Source: learn.microsoft.com/rest/api/storageservices, "Status and error codes".
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from shared.clients.http import retry_after
from shared.errors import ConfigurationError, FabricError, PermanentError, Unavailable

CALL_SECONDS = 5.0
"""What one call may take, with the SDK's own tries."""

OPTIONS: dict[str, Any] = {
    "connection_timeout": 2,
    "read_timeout": 4,
    "retry_total": 2,
    "initial_backoff": 0.2,
    "increment_base": 0,
    "random_jitter_range": 0.1,
}
"""For the SDK's clients: a dropped connection or a short 5xx is theirs, a longer one not."""

CONNECTION = "AzureWebJobsStorage"

NO_CONNECTION = (
    f"{CONNECTION} is not a connection string of a storage account; copy it from the portal, "
    "Access keys"
)

_TOO_LARGE = frozenset({"MessageTooLarge", "RequestBodyTooLarge"})


@dataclass(frozen=True, slots=True)
class Service:
    """`name` is `queue` or `blob`, as in the host name; `role` what the app's identity needs.

    `setting` is where the account's name came from.
    """

    name: str
    role: str
    setting: str
    account: str
    by_key: bool

    def __post_init__(self) -> None:
        if not self.by_key and not self.account:
            raise ConfigurationError(
                f"{self.setting} names no storage account; write its name there, or set "
                f"{CONNECTION} to a connection string"
            )

    @property
    def url(self) -> str:
        """Of the account in the public cloud, or of the host when it is one."""
        is_host = "." in self.account or ":" in self.account
        host = self.account if is_host else f"{self.account}.{self.name}.core.windows.net"
        return f"https://{host}"

    @asynccontextmanager
    async def calling(self) -> AsyncIterator[None]:
        """Make the SDK's errors ours; those that the caller expects he catches inside."""
        from azure.core.exceptions import AzureError

        try:
            async with asyncio.timeout(CALL_SECONDS):
                yield
        except TimeoutError as error:
            raise Unavailable(
                f"{self} does not answer within {CALL_SECONDS:g} s", maybe_done=True
            ) from error
        except AzureError as error:
            raise self._translated(error) from error

    def _translated(self, error: Any) -> FabricError:
        from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError

        status = getattr(error, "status_code", None)
        code = error_code(error)
        if status in (401, 403) or isinstance(error, ClientAuthenticationError):
            return Unavailable(f"{self} refused access ({code}): {self._remedy(code)}", after=30)
        if code in _TOO_LARGE or status == 413:
            return PermanentError("too_large", f"{self} takes no body of this size")
        if isinstance(error, ServiceRequestError) and "Connector" in _inner(error):
            return Unavailable(self._unreachable(error))
        if status is None:
            return Unavailable(f"{self} broke off the connection", maybe_done=True)
        after = 30.0 if code.endswith("BeingDeleted") else _retry_after(error)
        return Unavailable(f"{self} answered {status} ({code})", after=after)

    def _remedy(self, code: str) -> str:
        if self.by_key:
            return f"check the key in {CONNECTION}; it may have been rotated"
        if code == "AuthorizationFailure":
            return "the account's firewall does not let this app in; add its network"
        return (
            f"give the app's identity the role {self.role} on the storage account "
            "(it works some minutes later); AZURE_CLIENT_ID names the identity"
        )

    def _unreachable(self, error: Any) -> str:
        if "DNS" in _inner(error):
            setting = CONNECTION if self.by_key else self.setting
            return f"{self}: no storage account of this name; check {setting}"
        return f"{self} cannot be reached"

    def __str__(self) -> str:
        return f"{self.name} storage"


def error_code(error: Any) -> str:
    """The service's own code, such as `QueueNotFound`, else the error's type."""
    code = getattr(error, "error_code", None)
    return str(getattr(code, "value", code) or type(error).__name__)


def _inner(error: Any) -> str:
    """The type of aiohttp's error: a ClientConnector... one means that nothing was sent."""
    return type(error.inner_exception).__name__


def _retry_after(error: Any) -> float | None:
    headers = getattr(error.response, "headers", {})
    return retry_after(headers.get("Retry-After", ""))
