"""The activity log of a web conversation: what a polling client reads, each activity once.

Partition `web:<conversation>`: `head` holds the last number, `activity:<number>` an activity,
`id:<hash>` marks an activity id as logged. One batch, guarded by the etag of `head`, writes all
three, so a reader never sees a number before the ones below it.
"""

import asyncio
import random

from shared.activity import Activity
from shared.errors import Conflict, Unavailable
from shared.event import event_id
from shared.ports.store import Create, Put, Store

_HEAD = "head"
_ATTEMPTS = 12


class ActivityLog:
    """`ttl` is in seconds, and counts from the latest activity for the log as a whole."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def start(self, conversation: str, *, ttl: int) -> bool:
        """Open the log; False when it was open before."""
        try:
            await self._store.write(_partition(conversation), Create(_HEAD, {"last": 0}, ttl=ttl))
        except Conflict:
            return False
        return True

    async def append(
        self, conversation: str, activity: Activity, *, ttl: int, fades: int | None = None
    ) -> int:
        """Give the activity the next number and return it; 0 when its id is logged already.

        `fades` is a shorter life in seconds for this one activity. Raises Unavailable when
        other writers kept winning.
        """
        partition, mark = _partition(conversation), _mark(activity.id)
        lives = fades or ttl
        for attempt in range(_ATTEMPTS):
            head = await self._store.get(partition, _HEAD)
            number = head.body["last"] + 1 if head else 1
            body = {"last": number}
            try:
                await self._store.write(
                    partition,
                    Put(_HEAD, body, etag=head.etag, ttl=ttl)
                    if head
                    else Create(_HEAD, body, ttl=ttl),
                    Create(f"activity:{number:012d}", dict(activity), ttl=lives),
                    Create(mark, {"number": number}, ttl=lives),
                )
            except Conflict:
                if await self._store.get(partition, mark):
                    return 0
                await asyncio.sleep(random.uniform(0, 0.01 * (attempt + 1)))
            else:
                return number
        raise Unavailable("web activity log: too many writers")

    async def contains(self, conversation: str, activity_id: str) -> bool:
        return await self._store.get(_partition(conversation), _mark(activity_id)) is not None

    async def sender(self, conversation: str, activity_id: str) -> str:
        """Return the role of who said that, "" when nobody did."""
        partition = _partition(conversation)
        if (mark := await self._store.get(partition, _mark(activity_id))) is None:
            return ""
        item = await self._store.get(partition, f"activity:{mark.body['number']:012d}")
        return str(Activity(item.body).sender.get("role", "")) if item else ""

    async def read(self, conversation: str, after: int) -> tuple[list[Activity], int]:
        """At most 100 activities numbered above `after`, in order, and the last number read."""
        items = await self._store.find(
            _partition(conversation), "activity:", after=f"activity:{after:012d}"
        )
        last = int(items[-1].id.removeprefix("activity:")) if items else after
        return [Activity(item.body) for item in items], last


def _partition(conversation: str) -> str:
    return f"web:{conversation}"


def _mark(activity_id: str) -> str:
    return f"id:{event_id(activity_id)}"
