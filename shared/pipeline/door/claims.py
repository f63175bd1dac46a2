"""Messages whose body was too large to travel: fetched before the work, removed after it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from shared.errors import PermanentError
from shared.event import Event
from shared.fabric import Fabric


@asynccontextmanager
async def redeemed(fabric: Fabric, body: str) -> AsyncIterator[str]:
    """The body that `body` is the ticket of, or itself when it is none.

    The blob goes when the work is done, not when it fails. A crash between that and the
    settlement brings the ticket again: it then passes as it is, and its `seen` marker says
    that nothing is left to do.
    """
    ticket = _ticket(body)
    if ticket is None:
        yield body
        return
    try:
        whole = (await fabric.claims.redeem(ticket)).to_json()
    except PermanentError:
        whole = body
    yield whole
    await fabric.claims.remove(ticket)


def _ticket(body: str) -> Event | None:
    if '"dataref"' not in body:
        return None
    event = Event.read(body)
    return event if event and event.is_ticket else None
