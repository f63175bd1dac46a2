"""What a failure of Cosmos DB means: wait and try again, or say what to mend."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from shared.clients.http import retry_after_ms
from shared.errors import FabricError, PermanentError, Unavailable

if TYPE_CHECKING:
    from tenacity import RetryCallState

T = TypeVar("T")

PATIENCE = 5.0
"""Seconds that a call tries again before it is Unavailable."""

ANSWER_SECONDS = 5.0
"""How long one answer may take."""

SESSION_BEHIND = 1002
"""Sub-status of a 404 from a replica that has not yet what this process wrote."""

ROLE = "Cosmos DB Built-in Data Contributor (00000000-0000-0000-0000-000000000002)"

_PASSING = {404, 408, 410, 429, 449}
"""A 404 that reaches us is about the container or the replica, not about a document."""


def passing(error: BaseException) -> bool:
    """Whether the same request may work in a moment."""
    from azure.core.exceptions import AzureError, ClientAuthenticationError

    if not isinstance(error, AzureError) or isinstance(error, ClientAuthenticationError):
        return False
    status = _status(error)
    return status == 0 or status >= 500 or status in _PASSING


def doubtful(error: BaseException) -> bool:
    """Whether the service may have done it all the same."""
    return passing(error) and _status(error) not in (404, 429)


def substatus(error: Any) -> int:
    return getattr(error, "sub_status", None) or 0


@dataclass(frozen=True, slots=True)
class Door:
    """How this app gets in: with an account key or a token; the settings that say where and how."""

    key: bool
    url_setting: str
    key_setting: str


async def patiently(
    work: Callable[[], Awaitable[T]], door: Door, seconds: float | None = None
) -> T:
    """Do `work`, again while failures are passing; raises what the last one means.

    For so many `seconds`, without them for `PATIENCE`.
    """
    from azure.core.exceptions import AzureError
    from tenacity import AsyncRetrying, retry_if_exception, stop_before_delay

    retrying = AsyncRetrying(
        retry=retry_if_exception(passing),
        stop=stop_before_delay(PATIENCE if seconds is None else seconds),
        wait=_wait,
        reraise=True,
    )
    try:
        return await retrying(work)
    except AzureError as error:
        raise meaning(error, door) from error


def meaning(error: Exception, door: Door) -> FabricError:
    """The product's error; its text tells an operator what to mend and holds no secret."""
    from azure.core.exceptions import ClientAuthenticationError

    status = _status(error)
    if status == 401:
        return Unavailable(
            f"Cosmos DB refuses the key: set {door.key_setting} to a key of the account in "
            f"{door.url_setting}"
            if door.key
            else f"Cosmos DB refuses the token: the account in {door.url_setting} must belong to "
            "the tenant of this app's identity"
        )
    if status == 403:
        return Unavailable(
            "Cosmos DB forbids it: the account's firewall must let this app in, and allow keys"
            if door.key
            else f"Cosmos DB forbids it: give this app's identity the role {ROLE}, and let it "
            "through the account's firewall"
        )
    if isinstance(error, ClientAuthenticationError):
        return Unavailable(
            "no token for Cosmos DB: check this app's identity and AZURE_CLIENT_ID, or set "
            f"{door.key_setting}"
        )
    if status == 429:
        return Unavailable("Cosmos DB throttles this app", after=max(1.0, _told(error) or 1.0))
    if status == 413:
        return PermanentError("batch_too_large", "Cosmos DB takes 2 MB at once")
    if passing(error):
        what = f"status {status}" if status else type(error).__name__
        return Unavailable(f"Cosmos DB does not answer: {what}", maybe_done=doubtful(error))
    return PermanentError("store_refused", f"Cosmos DB answers {status}/{substatus(error)}")


def _status(error: BaseException) -> int:
    return getattr(error, "status_code", None) or 0


def _told(error: BaseException) -> float | None:
    """Seconds that the service says to wait: in a header, or in a batch for one operation."""
    headers = getattr(error, "headers", None) or {}
    told = headers.get("x-ms-retry-after-ms")
    for result in getattr(error, "operation_responses", None) or ():
        told = told or result.get("retryAfterMilliseconds")
    return retry_after_ms(str(told))


def _wait(state: "RetryCallState") -> float:
    told = _told(error) if (error := state.outcome and state.outcome.exception()) else None
    backoff = 0.05 * 2.0 ** min(state.attempt_number, 5)
    return backoff if told is None else max(told, 0.01)
