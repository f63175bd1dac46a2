"""What each turn used, written beside it: tokens by model, calls of backends
and services, request units."""

from time import monotonic, time

from shared.event import Event
from shared.migration import FIRST_VERSION
from shared.observability.meter import Offered, current
from shared.ports.store import Put
from shared.queues import OUTBOUND
from shared.records.ledger_entry import Done, LedgerEntry, Outcome, entry_id


class Ledger:
    """Makes the entries of one process, from the meter of the work at hand.

    What the store charges for a commit is known only after it, so that remainder is carried
    into this process' next entry of the same bot: sums by bot are whole.
    """

    def __init__(self) -> None:
        self._carried: dict[str, float] = {}

    def entry(
        self,
        event: Event,
        skill: str,
        *,
        outcome: Outcome = Outcome.DONE,
        done: Done | None = None,
        at: float = 0.0,
        delivery: int = 0,
    ) -> list[Put]:
        """The entry as an operation of the work's commit.

        `delivery` sets apart the entries of deliveries that failed; 0 is the one that did not.
        """
        meter = current()
        meter.request_units += self._carried.pop(event.bot, 0.0)
        meter.offered = Offered(
            len(meter.calls),
            len(meter.backend_calls),
            meter.request_units,
            len(meter.service_calls),
        )
        seconds = monotonic() - meter.began
        entry = LedgerEntry(
            id=entry_id(event.id) + (f".{delivery}" if delivery else ""),
            bot=event.bot,
            skill=skill,
            at=at or time() - seconds,
            seconds=round(seconds, 3),
            request_units=meter.request_units,
            model_calls=meter.calls,
            backend_calls=meter.backend_calls,
            service_calls=meter.service_calls,
            version=meter.version or FIRST_VERSION,
            outcome=outcome,
            done=done,
        )
        return [entry.put()]

    def lost(self, bot: str, effect: str) -> Put:
        """The entry of something that could not be sent, and that nobody tries again."""
        id = f"{entry_id(effect)}.lost"
        return LedgerEntry(id=id, bot=bot, skill=OUTBOUND, at=time(), outcome=Outcome.DEAD).put()

    def booked(self) -> None:
        """The last entry is committed; what its commit cost is not in it."""
        meter = current()
        offered, meter.offered = meter.offered, Offered()
        meter.calls = meter.calls[offered.calls :]
        meter.backend_calls = meter.backend_calls[offered.backend_calls :]
        meter.service_calls = meter.service_calls[offered.service_calls :]
        meter.request_units -= offered.request_units

    def carry(self, event: Event) -> None:
        """The work is over: what was used since the entry goes into the next one."""
        if units := current().request_units:
            self._carried[event.bot] = self._carried.get(event.bot, 0.0) + units
