"""The ledger's entries, as the reports read them."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from shared.fabric import Fabric
from shared.observability.meter import BackendCall, ModelCall, ServiceCall
from shared.operations.reports.period import Period
from shared.operations.reports.turns import Scope
from shared.ports.models import Usage
from shared.ports.store import Item, every
from shared.records.conversation import FIRST_VERSION


@dataclass(frozen=True, slots=True)
class Entry:
    """What one turn, or one failed delivery of it, used."""

    bot: str
    skill: str
    version: str
    channel: str
    at: float
    request_units: float
    model_calls: Sequence[ModelCall]
    backend_calls: Sequence[BackendCall]
    service_calls: Sequence[ServiceCall]


async def entries(fabric: Fabric, scope: Scope, period: Period) -> AsyncIterator[Entry]:
    """Walk the ledger: for reports, never in a turn."""
    async for item in every(fabric.store, "ledger:"):
        entry = _entry(item)
        about = scope.is_about(entry.skill, entry.version)
        if about and entry.at in period and scope.takes(entry.bot, fabric.bots.get(entry.bot)):
            yield entry


def _entry(item: Item) -> Entry:
    body = item.body
    return Entry(
        bot=str(body["bot"]),
        skill=str(body["skill"]),
        version=str(body.get("version", FIRST_VERSION)),
        channel=item.partition.rsplit(".", 2)[1] if item.partition.count(".") > 1 else "",
        at=float(body["at"]),
        request_units=float(body["request_units"]),
        model_calls=[_model_call(call) for call in body["calls"]],
        backend_calls=[BackendCall(**call) for call in body.get("backends", ())],
        service_calls=[ServiceCall(**call) for call in body.get("services", ())],
    )


def _model_call(call: dict[str, Any]) -> ModelCall:
    return ModelCall(
        alias=call["alias"],
        deployment=call["deployment"],
        operation=call["operation"],
        model=call["model"],
        outcome=call["outcome"],
        seconds=call["seconds"],
        usage=Usage(
            call["input_tokens"],
            call["output_tokens"],
            call["cached_tokens"],
            call["reasoning_tokens"],
        ),
    )
