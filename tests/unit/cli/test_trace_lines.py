"""`botfabric trace` shows what a call of a service was billed for."""

from cli.trace import _detail as detail
from shared.observability import conventions as names
from shared.observability.trace import Span, Value


def test_a_service_says_what_it_bills() -> None:
    attributes: dict[str, Value] = {names.SERVICE_AMOUNT: 3.5, names.SERVICE_UNIT: "seconds"}
    span = Span("1" * 32, "2" * 16, name="service speech", attributes=attributes)

    assert detail(span) == "  [seconds 3.5]"
