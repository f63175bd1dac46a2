"""What each turn used, written beside it: tokens by model, calls of backends
and services, request units."""

from time import time
from typing import Any

from shared.event import Event
from shared.observability.meter import BackendCall, ModelCall, Offered, ServiceCall, current
from shared.ports.store import Put
from shared.records.conversation import FIRST_VERSION

KEPT = 400 * 86_400
"""Seconds that an entry is kept: more than a year, for yearly reports."""


class Ledger:
    """Makes the entries of one process, from the meter of the work at hand.

    What the store charges for a commit is known only after it, so that remainder is carried
    into this process' next entry of the same bot: sums by bot are whole.
    """

    def __init__(self) -> None:
        self._carried: dict[str, float] = {}

    def entry(self, event: Event, skill: str, *, delivery: int = 0) -> list[Put]:
        """The entry as an operation of the work's commit, none when the work was free.

        `delivery` sets apart the entries of deliveries that failed; 0 is the one that did not.
        """
        meter = current()
        meter.request_units += self._carried.pop(event.bot, 0.0)
        if not (meter.calls or meter.backend_calls or meter.service_calls or meter.request_units):
            return []
        meter.offered = Offered(
            len(meter.calls),
            len(meter.backend_calls),
            meter.request_units,
            len(meter.service_calls),
        )
        body = {
            "bot": event.bot,
            "skill": skill,
            **({"version": meter.version} if meter.version not in ("", FIRST_VERSION) else {}),
            "at": time(),
            "request_units": round(meter.request_units, 2),
            "calls": [_call(call) for call in meter.calls],
            "backends": [_backend_call(call) for call in meter.backend_calls],
            "services": [_service_call(call) for call in meter.service_calls],
        }
        id = f"ledger:{event.id}" + (f".{delivery}" if delivery else "")
        return [Put(id, body, ttl=KEPT)]

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


def _call(call: ModelCall) -> dict[str, Any]:
    return {
        "alias": call.alias,
        "deployment": call.deployment,
        "model": call.model,
        "operation": call.operation,
        "outcome": call.outcome,
        "input_tokens": call.usage.input_tokens,
        "output_tokens": call.usage.output_tokens,
        "cached_tokens": call.usage.cached_tokens,
        "reasoning_tokens": call.usage.reasoning_tokens,
        "seconds": round(call.seconds, 3),
    }


def _backend_call(call: BackendCall) -> dict[str, Any]:
    return {
        "backend": call.backend,
        "operation": call.operation,
        "outcome": call.outcome,
        "seconds": round(call.seconds, 3),
        "tries": call.tries,
    }


def _service_call(call: ServiceCall) -> dict[str, Any]:
    return {
        "meter": call.meter,
        "amount": round(call.amount, 3),
        "outcome": call.outcome,
        "seconds": round(call.seconds, 3),
    }
