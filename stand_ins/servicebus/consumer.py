"""Who receives from a queue, as the queue sees them."""

from typing import TYPE_CHECKING, Protocol

from stand_ins.servicebus.errors import AmqpError

if TYPE_CHECKING:
    from stand_ins.servicebus.message import Message


class Consumer(Protocol):
    """A receiving link: it has credit for so many messages, and perhaps a session."""

    name: str
    credit: int
    session_id: str | None
    pre_settled: bool
    """It receives and deletes."""

    def take(self, message: "Message") -> None:
        """Send the message to the client; without a lock it is gone then."""

    def accepted(self) -> None:
        """Finish the attaching: it receives from now on."""

    def detach(self, error: AmqpError) -> None:
        """End the link, and say why."""
