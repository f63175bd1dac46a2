"""The span of a turn: which event of which conversation, for the how-manieth time, and its end."""

from contextlib import AbstractContextManager

from shared.event import Event
from shared.fabric import Fabric
from shared.migration import FIRST_VERSION
from shared.observability import conventions as names
from shared.observability import trace
from shared.observability.meter import Meter
from shared.observability.trace import Span
from shared.queues import skill_queue
from shared.skill import Skill


def receiving(fabric: Fabric, queue: str, event: Event) -> AbstractContextManager[Span | None]:
    """Work below a span that tells how long the message of `event` waited in `queue`."""
    if not trace.is_exporting():
        return trace.step("")
    told = names.message(fabric.bus_system, "receive", queue, event.id, event.conversation)
    return trace.received(event.traceparent, f"receive {queue}", **told)


def turn_span(
    fabric: Fabric, skill: Skill, event: Event, *, delivery: int = 0
) -> AbstractContextManager[Span]:
    """Work under the span of a turn; `delivery` is the number of the message's, 0 for a call."""
    attributes: dict[str, trace.Value] = {
        names.CONVERSATION: event.conversation,
        names.MESSAGE_ID: event.id,
        names.BOT: event.bot,
        names.SKILL: skill.name,
    }
    if delivery:
        queue = skill_queue(skill.name)
        attributes |= names.message(fabric.bus_system, "process", queue, event.id)
        attributes[names.DELIVERY_COUNT] = delivery
    if event.attempt:
        attributes[names.ATTEMPT] = event.attempt
    return trace.span(event.traceparent, f"turn {skill.name}", **attributes)


def tell_end(span: Span, meter: Meter, fate: str) -> None:
    """Say on the span of a turn what became of it, by which version, and what the store took."""
    span.attributes[names.FATE] = fate
    span.attributes[names.REQUEST_UNITS] = round(meter.total_units, 2)
    if meter.version not in ("", FIRST_VERSION):
        span.attributes[names.VERSION] = meter.version
