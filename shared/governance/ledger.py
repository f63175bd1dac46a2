"""What each turn used, written with it: tokens by model, calls of backends
and services, request units."""

from collections.abc import Sequence
from dataclasses import replace
from time import time

from shared.event import Event
from shared.migration import FIRST_VERSION
from shared.observability.meter import Offered, current
from shared.ports.store import Create, Put
from shared.queues import OUTBOUND
from shared.records.ledger_entry import Done, LedgerEntry, Outcome, entry_id
from shared.records.uncounted import marked


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
        outcome: Outcome,
        delivery: int = 0,
    ) -> list[Put]:
        """The entry of work that is no turn, as an operation of its commit.

        `delivery` sets apart the entries of deliveries that failed; 0 is the one that did not.
        """
        seconds = current().seconds
        entry = self._entry(event, skill, at=time() - seconds, seconds=seconds)
        id = f"{entry.id}.{delivery}" if delivery else entry.id
        return [replace(entry, id=id, outcome=outcome).put()]

    def of_turn(
        self, marks: Sequence[Create], event: Event, skill: str, done: Done
    ) -> Sequence[Create | Put]:
        """What the turn leaves, with its entry: on the marker if that has the transcript.

        A marker whose words are kept for less is no place for it, so it is written beside.
        """
        said = marks[-1].body
        entry = self._entry(event, skill, at=said["at"], seconds=said["seconds"], done=done)
        if len(marks) == 1:
            return [marked(marks[0], event.conversation, entry)]
        return [*marks, entry.put()]

    def _entry(
        self, event: Event, skill: str, *, at: float, seconds: float, done: Done | None = None
    ) -> LedgerEntry:
        meter = current()
        meter.request_units += self._carried.pop(event.bot, 0.0)
        meter.offered = Offered(
            len(meter.calls),
            len(meter.backend_calls),
            meter.request_units,
            len(meter.service_calls),
        )
        return LedgerEntry(
            id=entry_id(event.id),
            bot=event.bot,
            skill=skill,
            at=at,
            seconds=seconds,
            request_units=meter.request_units,
            model_calls=meter.calls,
            backend_calls=meter.backend_calls,
            service_calls=meter.service_calls,
            version=meter.version or FIRST_VERSION,
            manifest=meter.manifest or FIRST_VERSION,
            done=done,
        )

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
