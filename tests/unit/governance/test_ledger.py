"""What a turn uses is in the ledger, however the turn ends."""

from collections.abc import Callable

import pytest

from shared.errors import PermanentError, TransientError
from shared.observability.meter import ModelCall, charge, record
from shared.ports.models import Usage
from shared.ports.store import Etags
from shared.records.ledger_entry import LedgerEntry
from shared.skill import Skill
from shared.turn import Turn
from tests.lab import Lab

Make = Callable[..., Lab]
CALL = ModelCall("default", "gpt", "chat", Usage(100, 20, cached_tokens=50), model="gpt-1")


def asking(*errors: Exception) -> Skill:
    """A skill that uses a model and the store, and fails so often."""
    left = list(errors)
    skill = Skill("ask", "Asks a model")

    @skill.on_message
    async def ask(turn: Turn) -> None:
        if turn.text == "free":
            return
        record(CALL)
        charge(2.5)
        if left:
            raise left.pop(0)
        turn.reply("answer")

    return skill


def tokens(entries: list[LedgerEntry]) -> int:
    return sum(call.usage.input_tokens for entry in entries for call in entry.model_calls)


async def test_a_turn_has_an_entry_in_its_commit(lab: Make) -> None:
    fabric = lab(asking())
    key = await fabric.say("hello")
    await fabric.drain()

    [entry] = await fabric.entries(key)
    assert (entry.bot, entry.skill) == ("lab", "ask")
    assert entry.request_units == 2.5
    [call] = entry.model_calls
    assert (call.deployment, call.usage) == ("gpt", CALL.usage)


async def test_a_turn_that_calls_nobody_is_counted_all_the_same(lab: Make) -> None:
    fabric = lab(asking())
    key = await fabric.say("free")
    await fabric.drain()

    [entry] = await fabric.entries(key)
    assert entry.model_calls == []
    assert entry.done
    assert entry.done.is_message


@pytest.mark.parametrize(
    "error", [TransientError("down", after=0), RuntimeError("bug"), PermanentError("never")]
)
async def test_a_failed_attempt_is_in_the_ledger_too(lab: Make, error: Exception) -> None:
    fabric = lab(asking(error))
    key = await fabric.say("hello")
    await fabric.drain()

    attempts = 1 if isinstance(error, PermanentError) else 2
    found = await fabric.entries(key)
    assert tokens(found) == 100 * attempts
    assert len(found) == attempts
    assert sum(entry.request_units for entry in found) == 2.5 * attempts


async def test_what_a_commit_costs_is_in_the_next_entry_of_the_bot(
    lab: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store names its price after the write."""
    fabric = lab(asking())
    write = fabric.store.write

    async def priced(*arguments: object, **options: object) -> Etags:
        etags = await write(*arguments, **options)  # type: ignore[arg-type]
        charge(10.0)
        return etags

    monkeypatch.setattr(fabric.store, "write", priced)
    key = await fabric.say("one")
    await fabric.drain()
    await fabric.say("two")
    await fabric.drain()

    units = [entry.request_units for entry in await fabric.entries(key)]
    assert sorted(units) == [2.5, 22.5]  # its own, and the commit and the relay of the first
