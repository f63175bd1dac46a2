"""Errors that go back to the client, on a link or as the answer of a management request."""

from stand_ins.servicebus.amqp.types import Described, Symbol, ULong

VENDOR = "com.microsoft:"

_ERROR = ULong(0x1D)


class AmqpError(Exception):
    """`condition` and `status` are Service Bus' own; the description is for a person."""

    def __init__(self, condition: str, description: str = "", status: int = 400) -> None:
        super().__init__(condition)
        self.condition = condition
        self.description = description
        self.status = status

    def described(self) -> Described:
        return Described(_ERROR, [Symbol(self.condition), self.description, None])


def not_found(address: str) -> AmqpError:
    text = f"The messaging entity '{address}' could not be found."
    return AmqpError("amqp:not-found", text, 404)


def not_allowed(text: str) -> AmqpError:
    return AmqpError("amqp:not-allowed", text)


def message_not_found(text: str) -> AmqpError:
    return AmqpError(VENDOR + "message-not-found", text, 404)


def message_lock_lost() -> AmqpError:
    return AmqpError(VENDOR + "message-lock-lost", "The lock supplied is invalid.", 410)


def session_lock_lost(name: str) -> AmqpError:
    text = f"The lock on session '{name}' has expired."
    return AmqpError(VENDOR + "session-lock-lost", text, 410)


def session_cannot_be_locked(name: str) -> AmqpError:
    text = f"The session '{name}' cannot be accepted. It may be locked by another receiver."
    return AmqpError(VENDOR + "session-cannot-be-locked", text)


def timed_out() -> AmqpError:
    text = "The operation did not complete within the allotted timeout."
    return AmqpError(VENDOR + "timeout", text)
