"""What no bot causes alone, written into the ledger: overhead by the minute, what is kept daily."""

import asyncio
from calendar import monthrange
from collections.abc import Mapping
from contextlib import suppress
from contextvars import Context
from datetime import UTC, datetime
from typing import Protocol, runtime_checkable
from uuid import uuid4

from shared.errors import Conflict, TransientError
from shared.observability import log, overhead
from shared.observability.overhead import Overhead
from shared.ports.store import Blobs, Store
from shared.records.figures import (
    BUS_OPERATIONS,
    BUS_OPERATIONS_OF_A_DELIVERY,
    EXECUTIONS,
    GB_SECONDS,
    scale_of,
)
from shared.records.ledger_entry import PREFIX
from shared.records.metered import SHARED, booking, metered

LOG_BYTES = "logs.bytes"
STORE_MONTHS, BLOB_MONTHS = "cosmos.byte_months", "blobs.byte_months"

_writing: set["asyncio.Task[None]"] = set()


@runtime_checkable
class Sized(Protocol):
    """A store that is billed by what it keeps."""

    async def stored_bytes(self) -> int: ...


def write_overhead(store: Store, memory_mb: int, now: float) -> None:
    """Write down, beside the work at hand, what this process has counted."""
    found = overhead.take()
    task = asyncio.create_task(_write(store, amounts(found, memory_mb), now), context=Context())
    _writing.add(task)
    task.add_done_callback(_writing.discard)


def amounts(found: Overhead, memory_mb: int) -> dict[str, float]:
    """Name it by meters, without those of which nothing was used."""
    named = {
        EXECUTIONS: float(found.executions),
        GB_SECONDS: found.milliseconds * memory_mb / scale_of(GB_SECONDS),
        BUS_OPERATIONS: float(found.deliveries * BUS_OPERATIONS_OF_A_DELIVERY),
        LOG_BYTES: float(found.log_bytes),
    }
    return {meter: amount for meter, amount in named.items() if amount}


async def _write(store: Store, used: Mapping[str, float], now: float) -> None:
    if not used:
        return
    entry = metered(uuid4().hex, SHARED, "", now, used)
    try:
        await store.write(entry.partition, booking(entry), durable=False)
    except TransientError as error:
        log.warning("overhead.not_counted", reason=str(error))


async def sample_stored(store: Store, blobs: Blobs, now: float) -> None:
    """Book, once a day, how much is kept, as that day's part of a month."""
    moment = datetime.fromtimestamp(now, UTC)
    id = f"stored-{moment.date()}"
    entry = metered(id, SHARED, "", now, {})
    if await store.get(entry.partition, f"{PREFIX}{id}"):
        return
    days = monthrange(moment.year, moment.month)[1]
    kept = {BLOB_MONTHS: await blobs.stored_bytes()}
    if isinstance(store, Sized):
        kept[STORE_MONTHS] = await store.stored_bytes()
    used = {meter: size / days for meter, size in kept.items() if size}
    with suppress(Conflict):  # another process was quicker
        entry = metered(id, SHARED, "", now, used)
        await store.write(entry.partition, booking(entry), durable=False)
