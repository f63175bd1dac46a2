"""`botfabric trace` shows what each hop took, what it cost and what became of it."""

from typing import Any

from cli.span_tree import Tree
from shared.governance.prices import Price, Prices
from shared.observability import conventions as names
from shared.observability.trace import Span, Value

PRICES = Prices(
    [
        Price("tokens.gpt.input", "1M tokens", 2.0, "2026-01-01", "a list"),
        Price("tokens.gpt.cached", "1M tokens", 1.0, "2026-01-01", "a list"),
        Price("tokens.gpt.output", "1M tokens", 10.0, "2026-01-01", "a list"),
        Price("cosmos.request_units", "1M RU", 0.25, "2026-01-01", "a list"),
    ]
)
TRACE = "1" * 32
BEGAN = 1_795_967_333.0


def span(id: int, above: int, name: str, at: float, seconds: float, **more: Any) -> Span:
    parent = f"{above:016d}" if above else ""
    return Span(TRACE, f"{id:016d}", parent, name, BEGAN + at, seconds, **more)


def chat(**tokens: int) -> dict[str, Value]:
    return {names.MODEL: "gpt", **tokens}


def test_a_trace_says_time_waits_tokens_money_request_units_and_retries() -> None:
    used = chat(**{names.INPUT_TOKENS: 1000, names.CACHED_TOKENS: 400, names.OUTPUT_TOKENS: 100})
    turn: dict[str, Value] = {
        names.FATE: "done",
        names.VERSION: "2",
        names.ATTEMPT: 1,
        names.REQUEST_UNITS: 40.0,
    }
    spans = [
        span(1, 0, "teams", 0.0, 0.1, attributes={names.STATUS: 202}),
        span(2, 1, "receive skill-desk", 0.1, 0.5),
        span(3, 2, "turn desk", 0.6, 0.4, attributes=turn),
        span(4, 3, "chat gpt", 0.7, 0.1, attributes=used),
        span(5, 3, "commit", 0.8, 0.1, attributes={names.REQUEST_UNITS: 30.0}),
    ]

    lines = list(Tree(PRICES).lines(spans))

    assert lines == [
        f"trace {TRACE}  2026-11-29T15:48:53.000+00:00  1.000 s  waited 0.500 s  1100 tokens  "
        "0.002610 USD  40.00 RU  1 retried",
        "  +     0.0 ms    100.0 ms  teams  [status 202]",
        "  +   100.0 ms    500.0 ms    receive skill-desk",
        "  +   600.0 ms    400.0 ms      turn desk  "
        "[done, version 2, attempt 1, RU 40.0, 0.000010 USD]",
        "  +   700.0 ms    100.0 ms        chat gpt  [tokens 1100, 0.002600 USD]",
        "  +   800.0 ms    100.0 ms        commit  [RU 30.0]",
    ]


def test_what_has_no_price_is_said_to_have_none() -> None:
    known = span(1, 0, "chat gpt", 0, 1, attributes=chat(**{names.INPUT_TOKENS: 500_000}))
    other = span(2, 1, "chat new", 0, 1, attributes={names.MODEL: "new", names.INPUT_TOKENS: 7})

    assert "1.000000 USD and unpriced" in next(Tree(PRICES).lines([known, other]))
    assert Tree(PRICES).detail(other) == "  [tokens 7, unpriced]"


def test_a_service_says_what_it_bills() -> None:
    attributes: dict[str, Value] = {names.SERVICE_AMOUNT: 3.5, names.SERVICE_UNIT: "seconds"}
    heard = span(1, 0, "service speech", 0, 1, attributes=attributes)

    prices = Prices([Price("speech.seconds", "1 second", 0.1, "2026-01-01", "a list")])

    assert Tree(prices).detail(heard) == "  [seconds 3.5, 0.350000 USD]"


def test_what_failed_and_what_belongs_to_it_are_named() -> None:
    link = f"00-{'2' * 32}-{'3' * 16}-01"
    failed = span(1, 0, "turn desk", 0, 1, error="LookupError", links=[link])
    tool = span(1, 0, "execute_tool x", 0, 1, attributes={names.ERROR_TYPE: "timeout"})

    assert Tree(PRICES).detail(failed) == f"  [FAILED LookupError, see {'2' * 32}]"
    assert Tree(PRICES).detail(tool) == "  [FAILED timeout]"
