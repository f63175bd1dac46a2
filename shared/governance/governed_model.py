"""A chat model whose every call is held against the limits of its bot before it is made."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from math import ceil
from time import time
from typing import Any

from shared.bot import Bot
from shared.errors import PermanentError
from shared.governance.department import Department
from shared.governance.limits.limit import MICRO, Amount, Limit, limits_of
from shared.governance.limits.reservation import reserved
from shared.governance.limits.spending import NEAR_SHARE, Spending
from shared.governance.prices import Prices
from shared.observability import meter
from shared.observability.meter import ModelCall
from shared.ports.models import Behind, ChatModel, Completion, Models, texts_in

BYTES_PER_TOKEN = 2.5
"""No text of any script has had more tokens than its bytes by this; English has half of it."""

OVERHEAD_TOKENS = 16
"""What a provider adds to each message."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A model that may be called, and what is behind it."""

    model: ChatModel
    behind: Behind


class GovernedModel:
    """Calls `preferred`, from 80 % of a limit on `cheaper` where there is one.

    `limits` makes the limits of this moment. `allow_unknown`: what cannot be counted because the
    store is away is called all the same and booked afterwards.
    """

    def __init__(
        self,
        preferred: Offer,
        cheaper: Offer | None,
        *,
        limits: Callable[[float], Sequence[Limit]],
        spending: Spending,
        prices: Callable[[], Prices],
        allow_unknown: bool,
    ) -> None:
        self.name = preferred.model.name
        self.structured = preferred.model.structured
        self._preferred, self._cheaper = preferred, cheaper
        self._limits, self._spending, self._prices = limits, spending, prices
        self._allow_unknown = allow_unknown

    async def complete(
        self,
        messages: Sequence[Mapping[str, Any]],
        tools: Sequence[Mapping[str, Any]] = (),
        *,
        schema: Mapping[str, Any] | None = None,
    ) -> Completion:
        async with self._held(messages, tools, schema) as model:
            return await model.complete(messages, tools, schema=schema)

    async def stream(
        self, messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]] = ()
    ) -> AsyncGenerator[str, None]:
        async with (
            self._held(messages, tools) as model,
            aclosing(model.stream(messages, tools)) as pieces,
        ):
            async for piece in pieces:
                yield piece

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        async with self._held(texts, answers=False) as model:
            return await model.embed(texts)

    async def check(self) -> str:
        return await self._preferred.model.check()

    @asynccontextmanager
    async def _held(self, *sent: object, answers: bool = True) -> AsyncIterator[ChatModel]:
        """Hold the upper bound, then settle at what the meter read, however the call ends."""
        limits = self._limits(time())
        bound = self._bound(sent, limits, answers=answers)
        with meter.watching() as calls:
            async with reserved(
                self._spending, limits, bound, allow_unknown=self._allow_unknown
            ) as place:
                near = place.share >= NEAR_SHARE
                offer = self._cheaper if near and self._cheaper else self._preferred
                try:
                    yield offer.model
                finally:
                    place.used = self._used(calls, money=_in_money(limits))

    def _bound(self, sent: Sequence[object], limits: Sequence[Limit], *, answers: bool) -> Amount:
        """The most that the call can take. Raises PermanentError for a model without a price."""
        offers = [self._preferred, self._cheaper] if self._cheaper else [self._preferred]
        size = sum(len(text.encode("utf-8", "replace")) for text in texts_in(sent))
        given = ceil(size / BYTES_PER_TOKEN) + OVERHEAD_TOKENS
        asked = max(offer.behind.output_tokens for offer in offers) if answers else 0
        micro = 0
        if _in_money(limits):
            names = {
                name
                for offer in offers
                for name in (offer.behind.deployments if answers else offer.behind.embedders)
            }
            micro = max((self._micro(name, given, 0, asked) for name in names), default=0)
        return Amount(given + asked, micro)

    def _used(self, calls: Sequence[ModelCall], *, money: bool) -> Amount:
        used = [call.usage for call in calls]
        tokens = sum(usage.input_tokens + usage.output_tokens for usage in used)
        if not money:
            return Amount(tokens)
        micro = sum(
            self._micro(
                call.deployment,
                call.usage.input_tokens - call.usage.cached_tokens,
                call.usage.cached_tokens,
                call.usage.output_tokens,
            )
            for call in calls
        )
        return Amount(tokens, micro)

    def _micro(self, deployment: str, fresh: int, cached: int, output: int) -> int:
        now = time()
        usd = fresh * self._price(deployment, "input", now)
        usd += output * self._price(deployment, "output", now) if output else 0
        usd += cached * self._price(deployment, "cached", now) if cached else 0
        return ceil(usd * MICRO)

    def _price(self, deployment: str, kind: str, now: float) -> Decimal:
        """USD for a token; cached ones without a price of their own cost what others do."""
        prices = self._prices()
        price = prices.at(f"tokens.{deployment}.{kind}", now)
        if price is None and kind == "cached":
            price = prices.at(f"tokens.{deployment}.input", now)
        if price is None:
            raise PermanentError(
                "unpriced_model", f"give tokens.{deployment}.{kind} a [[price]] in prices.toml"
            )
        return price.per_unit


def _in_money(limits: Sequence[Limit]) -> bool:
    return any(limit.unit == "usd" for limit in limits)


def governed(
    bot: Bot,
    department: Department | None,
    models: Models,
    person: str,
    *,
    spending: Callable[[], Spending],
    prices: Callable[[], Prices],
) -> ChatModel:
    """The model of a bot, held to its limits where it has any; `person` digests who asks."""
    if not limits_of(bot, department, 0, person):
        return models.named(bot.model)
    offers = [
        Offer(models.named(alias), models.behind(alias))
        for alias in (bot.model, bot.quota.cheaper_model)
        if alias
    ]
    return GovernedModel(
        offers[0],
        offers[1] if offers[1:] else None,
        limits=lambda now: limits_of(bot, department, now, person),
        spending=spending(),
        prices=prices,
        allow_unknown=bot.quota.on_unknown == "allow",
    )
