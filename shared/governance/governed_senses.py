"""Speech, translator and scans for one bot: each call held to its limits, and written down."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from math import ceil
from time import monotonic, time
from typing import Self, TypeVar

from shared.bot import Bot
from shared.errors import PermanentError, Refused, TransientError
from shared.governance.department import Department
from shared.governance.limits.limit import MICRO, Amount, Limit, limits_of
from shared.governance.limits.reservation import Reserved, reserved
from shared.governance.limits.spending import Spending
from shared.governance.prices import Prices
from shared.media.sound import longest_seconds
from shared.observability import conventions as names
from shared.observability import log, meter, trace
from shared.observability.meter import ServiceCall
from shared.ports.scans import Scan, Scans
from shared.ports.senses import Senses
from shared.ports.speech import Speech, Transcript
from shared.ports.translator import Translation, Translator

SPEECH, TRANSLATOR, DOCUMENTS = "speech.seconds", "translator.characters", "documents.pages"
"""The meters, as prices and reports name them: the service, and what it bills."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Account:
    """Whose calls they are. `limits` makes the limits of this moment."""

    limits: Callable[[float], Sequence[Limit]]
    spending: Callable[[], Spending]
    prices: Callable[[], Prices]
    allow_unknown: bool

    @classmethod
    def of(
        cls,
        bot: Bot,
        department: Department | None,
        spending: Callable[[], Spending],
        prices: Callable[[], Prices],
    ) -> Self:
        allow_unknown = bot.quota.on_unknown == "allow"
        return cls(lambda now: limits_of(bot, department, now), spending, prices, allow_unknown)

    async def call(
        self,
        name: str,
        most: float,
        ask: Callable[[], Awaitable[T]],
        amount_of: Callable[[T], float],
    ) -> T:
        """Make a call whose upper bound is `most` on the meter `name`.

        What may have been done is booked whole. Raises OverBudget before anything is asked.
        """
        limits = [limit for limit in self.limits(time()) if limit.unit == "usd"]
        bound = Amount(0, self._micro(name, most)) if limits else Amount()
        entering = (
            reserved(self.spending(), limits, bound, allow_unknown=self.allow_unknown)
            if limits
            else nullcontext(Reserved())
        )
        async with entering as place:
            amount, outcome, began = most, "cancelled", monotonic()
            try:
                answer = await ask()
                amount, outcome = amount_of(answer), "ok"
            except (Refused, PermanentError):
                amount, outcome = 0.0, "declined"
                raise
            except TransientError as error:
                amount, outcome = most if error.maybe_done else 0.0, "unavailable"
                raise
            finally:
                place.used = Amount(0, self._micro(name, amount)) if limits else Amount()
                _note(ServiceCall(name, amount, outcome, monotonic() - began))
        return answer

    def _micro(self, name: str, amount: float) -> int:
        """Millionths of a dollar. Raises PermanentError for a meter without a price."""
        price = self.prices().at(name, time())
        if price is None:
            raise PermanentError("unpriced_service", f"give {name} a [[price]] in prices.toml")
        return ceil(float(price.per_unit) * amount * MICRO)


@dataclass(frozen=True, slots=True)
class GovernedSpeech:
    speech: Speech
    account: Account

    async def transcribe(self, sound: bytes) -> Transcript:
        """Raises what the account and the service do."""
        asking = partial(self.speech.transcribe, sound)
        return await self.account.call(
            SPEECH, longest_seconds(sound), asking, lambda transcript: transcript.seconds
        )

    async def check(self) -> str:
        return await self.speech.check()

    async def close(self) -> None:
        """The service is everybody's."""


@dataclass(frozen=True, slots=True)
class GovernedTranslator:
    translator: Translator
    account: Account

    async def translate(self, text: str, to: str) -> Translation:
        """Raises what the account and the service do."""
        asking = partial(self.translator.translate, text, to)
        return await self.account.call(
            TRANSLATOR, len(text), asking, lambda translation: translation.characters
        )

    async def check(self) -> str:
        return await self.translator.check()

    async def close(self) -> None:
        """The service is everybody's."""


@dataclass(frozen=True, slots=True)
class GovernedScans:
    scans: Scans
    account: Account

    async def read(self, content: bytes, pages: int) -> Scan:
        """Raises what the account and the service do."""
        asking = partial(self.scans.read, content, pages)
        return await self.account.call(DOCUMENTS, pages, asking, lambda scan: scan.pages)

    async def check(self) -> str:
        return await self.scans.check()

    async def close(self) -> None:
        """The service is everybody's."""


def governed(senses: Senses, account: Account) -> Senses:
    """The same for one bot; what is not configured stays None."""
    return Senses(
        GovernedSpeech(senses.speech, account) if senses.speech else None,
        GovernedTranslator(senses.translator, account) if senses.translator else None,
        GovernedScans(senses.scans, account) if senses.scans else None,
    )


def _note(call: ServiceCall) -> None:
    """In the ledger, in the trace and in the log; never what was said."""
    meter.record_service(call)
    service, _, unit = call.meter.partition(".")
    error = "" if call.outcome in ("ok", "declined") else call.outcome
    attributes: dict[str, trace.Value] = {
        names.SERVICE_AMOUNT: call.amount,
        names.SERVICE_UNIT: unit,
    }
    trace.record(f"{names.SERVICE_SPAN} {service}", call.seconds, error=error, **attributes)
    write = log.warning if error else log.info
    write(
        "service.call",
        service=service,
        amount=round(call.amount, 3),
        unit=unit,
        outcome=call.outcome,
        ms=round(call.seconds * 1000, 1),
    )
