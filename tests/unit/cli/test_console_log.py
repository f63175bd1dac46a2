"""A log line for a person: columns first, and nothing that could break the line."""

import logging
import re
import sys
from typing import Any

from cli.console_log import TextFormatter


def line(event: str, **fields: Any) -> str:
    record = logging.LogRecord("fabric", logging.INFO, "", 0, event, (), None)
    record.fields = fields
    return TextFormatter().format(record)


def test_conversation_hop_and_duration_come_first() -> None:
    text = line(
        "turn", fate="done", skill="knowledge", ms=12.3, conversation="helpdesk.web.0123456789ab"
    )
    assert re.fullmatch(
        r"\d\d:\d\d:\d\d\.\d{3} INFO +turn +01234567 knowledge 12\.3ms  fate=done", text
    )


def test_control_characters_do_not_reach_the_terminal() -> None:
    text = line("turn", reason="a\nb\x1b[2J")
    assert "\n" not in text
    assert "\x1b" not in text


def test_an_error_brings_its_traceback() -> None:
    try:
        raise ValueError("why")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "", 0, "failed", (), sys.exc_info())
    assert "ValueError: why" in TextFormatter().format(record)
