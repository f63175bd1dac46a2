"""A host keeps the message of a record and nothing else: the whole line is the message there."""

import json
import logging

import pytest

from shared.observability import log

LOGGER = logging.getLogger("fabric")


@pytest.fixture(autouse=True)
def _as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LOGGER, "filters", [])
    monkeypatch.setattr(logging.getLogger(), "handlers", logging.getLogger().handlers[:])
    monkeypatch.setattr(LOGGER, "level", logging.INFO)


def test_a_host_that_keeps_only_messages_has_every_field(caplog: pytest.LogCaptureFixture) -> None:
    log.tell_host()
    log.tell_host()

    log.warning("turn", bot="hr", ms=3.5, share="100 %s")

    line = json.loads(caplog.records[-1].getMessage())
    assert line.pop("time")
    assert line == {"level": "WARNING", "event": "turn", "bot": "hr", "ms": 3.5, "share": "100 %s"}


def test_our_own_handler_writes_the_line_once(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure()
    log.tell_host()

    log.info("turn", bot="hr")

    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["bot"]) == ("turn", "hr")
