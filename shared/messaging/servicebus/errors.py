"""What Service Bus refuses, in words that say which setting to mend.

Everything an operator can mend is `Unavailable`: the message waits where it is until then.
"""

from shared.errors import Conflict, FabricError, PermanentError, Unavailable
from shared.queues import DEAD_LETTERS, EVENTS

SILENT = "Service Bus does not answer"
MENDING_SECONDS = 30
"""Nobody creates a queue or grants a role faster."""


def failure(error: BaseException, queue: str, *, keyed: bool) -> FabricError:
    """Ours for an exception of the SDK; `keyed` when a connection string opens the namespace."""
    from azure.core.exceptions import ClientAuthenticationError
    from azure.servicebus import exceptions as sdk

    match error:
        case sdk.MessagingEntityNotFoundError():
            return _mend(f'queue "{queue}" does not exist in the namespace; {creation(queue)}')
        case sdk.MessagingEntityDisabledError():
            return _mend(f'queue "{queue}" is disabled; set its status to Active')
        case sdk.ServiceBusQuotaExceededError():
            return _mend(
                f'queue "{queue}" is full, or the namespace has no connection left; raise the '
                "queue's maximum size or see why nothing receives from it"
            )
        case sdk.ServiceBusAuthorizationError():
            return _mend(_unauthorized(queue, keyed=keyed))
        case sdk.ServiceBusAuthenticationError():
            return _mend(_unauthenticated(keyed=keyed))
        case sdk.MessageSizeExceededError():
            return PermanentError("too_large", f'a message for queue "{queue}" is over its limit')
        case sdk.ServiceBusServerBusyError():
            return Unavailable("Service Bus throttles the namespace", after=10)
        case sdk.ServiceBusConnectionError() | sdk.ServiceBusCommunicationError():
            return Unavailable(SILENT)
        case sdk.OperationTimeoutError() | TimeoutError() | OSError():
            return Unavailable(SILENT)
        case sdk.ServiceBusError() if isinstance(error.inner_exception, ClientAuthenticationError):
            return _mend(
                "Entra ID gives this app no token for Service Bus; sign in, or check "
                "AZURE_CLIENT_ID and the managed identity"
            )
        case sdk.ServiceBusError():
            return Unavailable(f'Service Bus refuses queue "{queue}": {_condition(error)}')
    return Unavailable(f"Service Bus: {type(error).__name__}")


def settling(error: Exception, queue: str, id: str, *, keyed: bool) -> FabricError:
    """As `failure`, for a message under lock: Conflict with its id when the lock is lost."""
    from azure.servicebus import exceptions as sdk

    lost = (
        *(sdk.SessionLockLostError, sdk.MessageLockLostError, sdk.MessageAlreadySettled),
        *(sdk.ServiceBusConnectionError, sdk.MessageNotFoundError, ValueError),
    )
    return Conflict(id) if isinstance(error, lost) else failure(error, queue, keyed=keyed)


def other_kind(error: Exception) -> bool:
    """Whether the queue is not of the kind asked for: with or without sessions, forwarding."""
    from azure.servicebus.exceptions import ServiceBusError

    return type(error) is ServiceBusError and _condition(error) != type(error).__name__


def _mend(detail: str) -> Unavailable:
    return Unavailable(detail, after=MENDING_SECONDS)


def creation(queue: str) -> str:
    """How a queue of that name has to be made."""
    if queue.startswith(DEAD_LETTERS):
        return "create it without sessions, for the dead letters of the other queues"
    if queue == EVENTS:
        return f'create it without sessions, with its dead letters forwarded to "{DEAD_LETTERS}"'
    return (
        "create it with sessions required, duplicate detection, 10 deliveries, and dead letters "
        f'forwarded to "{DEAD_LETTERS}"'
    )


def _unauthenticated(*, keyed: bool) -> str:
    if keyed:
        return (
            "the namespace does not know the key in ServiceBusConnection; copy the connection "
            "string of one of its shared access policies"
        )
    return (
        "the namespace does not know this app's identity; see that AZURE_CLIENT_ID names the "
        "managed identity and that it belongs to the namespace's tenant"
    )


def _unauthorized(queue: str, *, keyed: bool) -> str:
    if keyed:
        return (
            f'the policy in ServiceBusConnection may not use queue "{queue}"; take one with the '
            "rights Send and Listen"
        )
    return (
        f'this app\'s identity may not use queue "{queue}"; give it the roles "Azure Service Bus '
        'Data Sender" and "Azure Service Bus Data Receiver" on the namespace'
    )


def _condition(error: Exception) -> str:
    """The AMQP condition of a refusal; its free text may quote what was sent."""
    condition = getattr(error, "_condition", None)
    return str(condition) if condition else type(error).__name__
