"""The section of the page that counts what a turn asks of the store and the bus."""

from bench.markdown import table
from bench.price import Price

BEFORE = ("7", "2", "61.7", "2485", "9")
"""What the same count said on 2026-11-29, before messages left the outbox without a query."""


def sections(price: Price) -> list[str]:
    units, size = f"{price.request_units:.1f}", str(price.bytes_written)
    now = (str(price.trips), str(price.queries), units, size, str(price.waits))
    names = (
        "round trips to the store, door to done",
        "of them queries",
        "request units",
        "bytes written",
        "waits in a row from the webhook to the reply",
    )
    limits = (4, 0, round(0.55 * float(BEFORE[2])), round(0.6 * float(BEFORE[3])), 8)
    rows = [
        (name, old, new, f"<= {limit}", "met" if float(new) <= limit else "**missed**")
        for name, old, new, limit in zip(names, BEFORE, now, limits, strict=True)
    ]
    return [
        "## The price of a turn",
        "",
        "An echo turn of a conversation that goes on, counted: the same on every machine, printed",
        "by `make bench-quick`, and held by a test. Request units are what Cosmos DB's published",
        "charges make of each operation and its size. Waits are calls of the store, the bus and",
        "the channel that follow one another. A process that has not met the conversation before",
        "reads it once more: one round trip and one request unit.",
        "",
        *table(("what", "2026-11-29", "now", "target", ""), rows),
        *(f"{number}. `{call}`" for number, call in enumerate(price.calls, 1)),
        "",
    ]
