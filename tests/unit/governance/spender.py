"""A process that spends: `python -m tests.unit.governance.spender STORE CALLS WHAT`.

WHAT is `calls`, made all at once, each using 60 tokens; or `die`, which holds and is killed. It
prints how many calls were made and how many were refused.
"""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from pathlib import Path
from typing import Any

from shared.errors import OverBudget, TransientError
from shared.governance.governed_model import GovernedModel, Offer
from shared.governance.limits.limit import Limit
from shared.governance.limits.spending import Spending
from shared.governance.prices import Prices
from shared.observability import meter
from shared.observability.meter import ModelCall
from shared.ports.models import Behind, Completion, Usage
from shared.storage.sqlite import SqliteStore

OUTPUT_TOKENS = 100
USED = Usage(20, 40)
TOKENS = USED.input_tokens + USED.output_tokens
MESSAGES = [{"role": "user", "content": "hi"}]


class Clerk:
    """Answers at once, and says what it took."""

    structured = False

    def __init__(self, name: str = "clerk", *, error: Exception | None = None) -> None:
        self.name, self.made, self.error = name, 0, error
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.asked = asyncio.Event()

    async def complete(
        self,
        messages: Sequence[Mapping[str, Any]],
        tools: Sequence[Mapping[str, Any]] = (),
        *,
        schema: Mapping[str, Any] | None = None,
    ) -> Completion:
        self.made += 1
        self.asked.set()
        await self.may_answer.wait()
        if self.error:
            meter.record(ModelCall("default", self.name, "chat", Usage(), outcome="429"))
            raise self.error
        meter.record(ModelCall("default", self.name, "chat", USED))
        return Completion("yes", self.name, USED)

    async def stream(
        self, messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]] = ()
    ) -> AsyncGenerator[str, None]:
        try:
            for piece in ("one ", "two ", "three"):
                yield piece
        finally:
            meter.record(ModelCall("default", self.name, "chat", Usage(20, 1), outcome="aborted"))

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        meter.record(ModelCall("default", "vectors", "embeddings", Usage(5)))
        return [[1.0] for _ in texts]

    async def check(self) -> str:
        return ""


def limit(most: int, name: str = "bot lab: tokens_per_day", unit: str = "tokens") -> Limit:
    return Limit("spend:Research", f"counter:{name}", name, unit, "2026-11-29", most)


def governed(
    clerk: Clerk,
    spending: Spending,
    *limits: Limit,
    cheaper: Clerk | None = None,
    prices: Prices | None = None,
    allow_unknown: bool = False,
) -> GovernedModel:
    def offer(model: Clerk) -> Offer:
        return Offer(model, Behind((model.name,), ("vectors",), OUTPUT_TOKENS))

    return GovernedModel(
        offer(clerk),
        offer(cheaper) if cheaper else None,
        limits=lambda now: limits,
        spending=spending,
        prices=lambda: prices or Prices(()),
        allow_unknown=allow_unknown,
    )


async def spend(spending: Spending, most: int, calls: int) -> tuple[int, int]:
    """Make so many calls at once. Returns how many were made, and how many refused."""
    clerk = Clerk()
    model = governed(clerk, spending, limit(most))

    async def call() -> bool:
        while True:
            try:
                await model.complete(MESSAGES)
            except OverBudget:
                return False
            except TransientError:
                continue
            return True

    made = await asyncio.gather(*(call() for _ in range(calls)))
    await spending.booked()
    assert clerk.made == sum(made)
    return sum(made), calls - sum(made)


async def main(path: str, most: str, calls: str, what: str) -> None:
    store = SqliteStore(Path(path))
    spending = Spending(store)
    if what == "die":
        clerk = Clerk()
        clerk.may_answer.clear()
        running = asyncio.create_task(
            governed(clerk, spending, limit(int(most))).complete(MESSAGES)
        )
        await clerk.asked.wait()
        os.kill(os.getpid(), signal.SIGKILL)
        await running
    print(*await spend(spending, int(most), int(calls)))
    await store.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
