"""One trace from the webhook to the last reply: with nothing around it, and on Azure's services."""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from cli.span_tree import Tree
from shared.manifest.prices import load_prices
from shared.observability.trace import Span
from tests import azure
from tests.azure import ROOT
from tests.e2e.test_same_transcript import SCRIPT, transcript
from tests.spans import paths, traces_in

FILED = SCRIPT.index(("yes", 2))
"""The message that files a ticket: the fact of it reaches the person by another skill."""

_TICKETS = "teams / enqueue skill-tickets / receive skill-tickets / turn tickets"
_FACT = f"{_TICKETS} / publish ticket.created / receive events / fact ticket.created"
_NOTIFY = f"{_FACT} / enqueue skill-notify / receive skill-notify / turn notify"
TREE = [
    "teams",
    "teams / enqueue skill-tickets",
    "teams / enqueue skill-tickets / receive skill-tickets",
    _TICKETS,
    f"{_TICKETS} / commit",
    f"{_TICKETS} / publish ticket.created",
    f"{_TICKETS} / publish ticket.created / receive events",
    f"{_TICKETS} / send teams",
    _FACT,
    f"{_FACT} / enqueue skill-notify",
    f"{_FACT} / enqueue skill-notify / receive skill-notify",
    _NOTIFY,
    f"{_NOTIFY} / commit",
    f"{_NOTIFY} / send teams",
]


@pytest.fixture
async def on_azure(tmp_path: Path) -> AsyncIterator[azure.Environ]:
    """Service Bus and Cosmos DB, each a stand-in on this machine."""
    async with AsyncExitStack() as stack:
        bus = await stack.enter_async_context(azure.service_bus(tmp_path))
        yield {**bus, **await stack.enter_async_context(azure.cosmos()), "PORT": "0"}


def of_messages(folder: Path) -> list[list[Span]]:
    """The traces that begin with a message; the others are those of timers."""
    return [spans for spans in traces_in(folder / "traces") if spans[0].name == "teams"]


async def test_the_tree_of_a_ticket_on_a_laptop(tmp_path: Path) -> None:
    await transcript(tmp_path / "data", {"PORT": "0"})

    traces = of_messages(tmp_path / "data")
    assert len(traces) == len(SCRIPT)
    assert sorted(paths(traces[FILED])) == sorted(TREE)


async def test_the_page_shows_such_a_trace(tmp_path: Path) -> None:
    await transcript(tmp_path / "data", {"PORT": "0"})

    tree = Tree(load_prices(ROOT / "prices.toml"))
    printed = list(tree.lines(of_messages(tmp_path / "data")[FILED]))

    shown = (ROOT / "docs" / "observe.md").read_text().partition("```\ntrace ")[2]
    assert shape(["trace " + shown.partition("\n")[0]]) == shape(printed[:1])
    assert shape(shown.partition("\n```")[0].split("\n")[1:]) == shape(printed[1:])


def shape(lines: list[str]) -> list[str]:
    """The lines without their ids and numbers."""
    plain = [re.sub(r"\b[0-9a-f]{32}\b", "N", line) for line in lines]
    return [re.sub(r" +[0-9][0-9a-fT:.+-]*", " N", line) for line in plain]


async def test_the_tree_of_a_ticket_on_service_bus_and_cosmos_db(
    tmp_path: Path, on_azure: azure.Environ
) -> None:
    await transcript(tmp_path / "data", on_azure)

    traces = of_messages(tmp_path / "data")
    assert sorted(paths(traces[FILED])) == sorted(TREE)
    turn = next(span for span in traces[FILED] if span.name == "turn tickets")
    assert turn.attributes["messaging.system"] == "servicebus"
    assert float(turn.attributes["bot.request_units"]) > 0
