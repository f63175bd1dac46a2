"""What a log says of an error: place and type, the platform's own words, and no value."""

import logging
import sys
from collections.abc import Callable
from typing import Any

import pytest

from cli.console_log import TextFormatter
from shared.errors import PermanentError, TransientError, Unavailable
from shared.observability.failure import HandlerFailed, told, trace_of
from shared.observability.log import JsonFormatter

SAID = "my password is hunter2"


def raised(bug: Callable[[], object]) -> BaseException:
    try:
        bug()
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


def number() -> None:
    int(SAID)


def key() -> None:
    dict[str, str]()[SAID]


def attribute() -> None:
    getattr(object(), SAID)


def assertion() -> None:
    raise AssertionError(SAID + "!")


def transient() -> None:
    raise Unavailable(f"no answer to {SAID}")


def permanent() -> None:
    raise PermanentError("bad", f"cannot do {SAID}")


def chained() -> None:
    try:
        int(SAID)
    except ValueError as error:
        raise RuntimeError(f"no number: {SAID}") from error


BUGS = [number, key, attribute, assertion, transient, permanent, chained]


@pytest.mark.parametrize("bug", BUGS)
def test_no_value_is_told(bug: Callable[[], None]) -> None:
    error = raised(bug)
    for text in (told(error), trace_of(error)):
        assert "hunter2" not in text
        assert type(error).__name__ in text
        assert "test_failure.py" in text


@pytest.mark.parametrize("formatter", [JsonFormatter(), TextFormatter()])
def test_no_formatter_prints_what_another_library_logs_of_an_error(
    formatter: logging.Formatter,
) -> None:
    try:
        chained()
    except RuntimeError:
        record = logging.LogRecord("x", logging.ERROR, "", 0, "failed", (), sys.exc_info())
    line = formatter.format(record)
    assert "hunter2" not in line
    assert "ValueError" in line
    assert "in chained" in line


def test_what_the_code_itself_says_is_told() -> None:
    def constant() -> None:
        raise ValueError("no such table")

    def name() -> None:
        missing: Any = None
        missing.nothing_here  # noqa: B018

    assert told(raised(constant)).startswith("ValueError: no such table (tests/")
    assert told(raised(name)).startswith("AttributeError: nothing_here (tests/")


def test_the_platforms_own_words_are_told() -> None:
    assert told(Unavailable("backend crm: 503")) == "backend crm: 503"
    assert told(TransientError()) == "TransientError"
    assert told(raised(lambda: Unavailable("x").delay("y"))).startswith("TypeError (shared/errors")  # type: ignore[arg-type]


def test_the_cause_is_told_with_its_place() -> None:
    lines = trace_of(raised(chained)).splitlines()
    assert any(line.startswith("ValueError (") for line in lines)
    assert lines[-1].startswith("RuntimeError (")


def test_what_the_host_gets_says_the_type_only() -> None:
    assert str(HandlerFailed("ValueError")) == "ValueError"
