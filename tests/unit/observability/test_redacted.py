"""What slips into a log line or a span is replaced by its kind."""

import json
import logging

import pytest

from shared.observability import log, trace
from shared.observability.log import JsonFormatter
from shared.observability.redacted import hidden

KEY = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


def test_a_log_line_has_no_identifier(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="fabric"):
        log.info("odd", reason="no route to ann@contoso.example (+49 30 23125110)", count=4111)

    body = json.loads(JsonFormatter().format(caplog.records[-1]))
    assert body["reason"] == "no route to <EMAIL> (<PHONE>)"
    assert body["count"] == 4111


def test_a_span_has_no_identifier() -> None:
    ended: list[trace.Span] = []
    trace.export_to(ended.append)
    try:
        with trace.span("", "get DE89 3704 0044 0532 0130 00", who="ann@contoso.example", n=1):
            trace.record("part", 0.1, error="no 4111 1111 1111 1111")
    finally:
        trace.export_to(None)

    assert [span.name for span in ended] == ["part", "get <IBAN>"]
    assert ended[0].error == "no <CARD>"
    assert ended[1].attributes == {"who": "<EMAIL>", "n": 1}


@pytest.mark.parametrize("id", [KEY, KEY[:32] + ".to.0", "4f1c9ab2-1111-4222-8333-123456789012"])
def test_ids_of_the_platform_stay(id: str) -> None:
    assert hidden(id) == id
