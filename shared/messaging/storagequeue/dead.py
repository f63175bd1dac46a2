"""Poison queues: where the messages of a storage queue go that nobody will try again.

The Functions host moves messages to `<queue>-poison` as they are, and a message has no
properties. So a reason is known only to the process that moved the message; for the others
it is told from the body.
"""

import binascii
from base64 import b64decode
from collections.abc import Collection

from shared.event import Event
from shared.messaging.storagequeue.client import Message, QueueAccount
from shared.queues import DEAD_LETTERS

SUFFIX = "-poison"
TRIED_TOO_OFTEN = "MaxDeliveryCountExceeded"
UNDECODABLE = "undecodable"


class Poison:
    """The poison queues of one account, read together as `dead-letters`.

    A dead letter that cannot be handled either moves on to `<queue>-poison-poison`, which
    nobody reads.
    """

    def __init__(self, account: QueueAccount) -> None:
        self._account = account
        self._why: dict[str, dict[str, str]] = {}

    def queues(self, sources: Collection[str]) -> list[str]:
        return [f"{queue}{SUFFIX}" for queue in sorted(sources) if queue != DEAD_LETTERS]

    async def move(self, message: Message, reason: str, description: str = "") -> None:
        """Copy, then delete: a crash between the two leaves a copy, never nothing."""
        id = await self._account.put(f"{message.queue}{SUFFIX}", message.text)
        why = {"DeadLetterReason": reason, "DeadLetterSource": message.queue}
        if description:
            why["DeadLetterErrorDescription"] = description
        self._why[id] = why
        self.forget(message)
        await self._account.delete(message)

    def properties(self, message: Message, event: Event | None) -> dict[str, str]:
        """Reason, source and, where known, description, in Service Bus' terms."""
        if why := self._why.get(message.id):
            return why
        return {
            "DeadLetterReason": TRIED_TOO_OFTEN if event else UNDECODABLE,
            "DeadLetterSource": message.queue.removesuffix(SUFFIX),
        }

    def forget(self, message: Message) -> None:
        """Its end is settled; nobody will ask for its reason."""
        self._why.pop(message.id, None)


def decoded(text: str) -> tuple[str | None, Event | None]:
    """(body, event) of a message's text; None for what it is not: UTF-8 in base64, an event."""
    try:
        body = b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        return None, None
    return body, Event.read(body)
