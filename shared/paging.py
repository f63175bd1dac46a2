"""All items of a kind, however many: for reports and fan-outs, never in a turn."""

from collections.abc import AsyncIterator

from shared.ports import Item, Store

PAGE = 1000


async def every(store: Store, prefix: str, partition: str | None = None) -> AsyncIterator[Item]:
    """Page by page, in order of id; over all partitions when none is named."""
    after = ""
    while page := await store.find(partition, prefix, after=after, limit=PAGE):
        for item in page:
            yield item
        after = page[-1].place if partition is None else page[-1].id
