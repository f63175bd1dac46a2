"""Several models held against the same cases: how good, how much, how dear, how fast."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from evaluation.run import Run
from shared.governance.prices import Prices
from shared.observability.meter import ModelCall
from shared.records.figures import metered_tokens


@dataclass(frozen=True, slots=True)
class Spent:
    """What one run used of models. `usd` is None when one of them has no price: `unpriced`."""

    calls: int
    input_tokens: int
    output_tokens: int
    usd: float | None
    unpriced: Sequence[str]

    @classmethod
    def of(cls, calls: Sequence[ModelCall], prices: Prices, now: float) -> "Spent":
        total, unpriced = Decimal(), set()
        for call in calls:
            for meter, tokens in metered_tokens(call):
                price = prices.at(meter, now)
                if price is None:
                    unpriced.add(meter)
                else:
                    total += tokens * price.per_unit
        return cls(
            len(calls),
            sum(call.usage.input_tokens for call in calls),
            sum(call.usage.output_tokens for call in calls),
            None if unpriced else float(round(total, 6)),
            sorted(unpriced),
        )


@dataclass(frozen=True, slots=True)
class Contender:
    """One model's run with one bot."""

    model: str
    run: Run
    spent: Spent

    @property
    def unasked(self) -> str:
        """Why its figures are not the model's own, "" when it was asked."""
        if self.spent.calls:
            return ""
        return (
            f"{self.run.score.bot}: {self.model} was not asked once, the offline way answered; "
            "where a budget holds, a model without a price in prices.toml is refused"
        )

    def row(self) -> dict[str, Any]:
        """One line of the table."""
        total, waits = self.run.score.total, _waits(self.run)
        return {
            "model": self.model,
            "right": f"{total.right}/{total.turns}",
            "share": f"{total.share:.1%}",
            "confidently wrong": total.confidently_wrong,
            "calls": self.spent.calls,
            "tokens in": self.spent.input_tokens,
            "tokens out": self.spent.output_tokens,
            "usd": "unpriced" if self.spent.usd is None else f"{self.spent.usd:.4f}",
            "p50 s": f"{_quantile(waits, 0.5):.2f}",
            "p95 s": f"{_quantile(waits, 0.95):.2f}",
        }

    def to_dict(self) -> dict[str, Any]:
        waits = _waits(self.run)
        return {
            "model": self.model,
            **self.run.to_dict(),
            "calls": self.spent.calls,
            "input_tokens": self.spent.input_tokens,
            "output_tokens": self.spent.output_tokens,
            "usd": self.spent.usd,
            "unpriced": list(self.spent.unpriced),
            "p50_seconds": round(_quantile(waits, 0.5), 3),
            "p95_seconds": round(_quantile(waits, 0.95), 3),
        }


def _waits(run: Run) -> list[float]:
    """Seconds until the last word of each reply, the shortest first."""
    return sorted(one.reply.seconds for held in run.held for one in held.verdicts)


def _quantile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
