"""The claim check: a body too large for a message waits in a blob, and a ticket travels.

The ticket is the event with its `dataref` instead of its data (Enterprise Integration Patterns,
"Claim Check"; CloudEvents' `dataref` extension).
"""

from dataclasses import replace

from shared.errors import PermanentError
from shared.event import Event, event_id
from shared.ports.store import Blobs


class ClaimCheck:
    """Checks events in before they are sent, and redeems their tickets where they arrive.

    The blob's name derives from queue and event, so a second send of an event replaces its
    blob by the same. Whoever finds a ticket's blob gone has a copy of what is settled already,
    or a message that outlived its blob.
    """

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs

    async def check_in(self, queue: str, event: Event, limit: int) -> Event:
        """The event itself when its JSON has at most `limit` bytes, else its ticket.

        The blob is durable on return. Raises Unavailable.
        """
        body = event.to_json().encode()
        if len(body) <= limit:
            return event
        name = f"claim-{event_id(queue, event.id)}.json"
        await self._blobs.put(name, body)
        return replace(event, data={}, dataref=name)

    async def redeem(self, event: Event) -> Event:
        """The event itself, or the whole event of a ticket.

        A `dataref` that is none of ours is a stranger's business and fetches nothing.
        Raises Unavailable, and PermanentError when the ticket is worth nothing: `claim_lost`
        when the blob is gone, `claim_invalid` when it holds something else.
        """
        if not event.is_ticket:
            return event
        body = await self._blobs.get(event.dataref)
        if body is None:
            raise PermanentError("claim_lost", f"there is no blob {event.dataref} (any more)")
        try:
            whole = Event.from_json(body)
        except ValueError:
            raise PermanentError("claim_invalid", "the blob holds no event") from None
        if (whole.id, whole.type) != (event.id, event.type) or whole.is_ticket:
            raise PermanentError("claim_invalid", "the blob holds another event")
        return whole

    async def remove(self, event: Event) -> None:
        """Delete what the ticket stands for, once its message is settled; no error if absent."""
        if event.is_ticket:
            await self._blobs.delete(event.dataref)
