"""A tool of high risk: nothing of its round runs before the very call was approved."""

from collections.abc import Sequence
from typing import Any

import pytest

from shared.ai.assistant import Assistant
from shared.ai.risky import LONGEST, Resumed, tool
from shared.errors import ApprovalNeeded
from shared.ports.models import ToolCall
from tests.unit.ai.test_writing_tools import Puppet

SAID = "Refund 500 euros for order A1"
CALL = ("refund", '{"order": "A1", "euros": 500}')


class Shop:
    def __init__(self) -> None:
        self.done: list[str] = []

    @property
    def tools(self) -> list[Any]:
        async def look(order: str) -> str:
            self.done.append(f"look {order}")
            return "paid 500"

        @tool(risk="high")
        async def refund(order: str, euros: int) -> str:
            """Pay the price of an order back.

            Never more than was paid.
            """
            self.done.append(f"refund {order} {euros}")
            return "refunded"

        return [look, refund]


async def talk(shop: Shop, puppet: Puppet, resumed: Resumed | None = None) -> list[str]:
    """What the tools said to the model."""
    assistant = Assistant(puppet)
    assistant.resumed = resumed
    await assistant.complete([{"role": "user", "content": SAID}], shop.tools)
    return [str(m["content"]) for m in puppet.heard if m.get("role") == "tool"]


async def stopped(shop: Shop, puppet: Puppet) -> Resumed:
    with pytest.raises(ApprovalNeeded) as stop:
        await talk(shop, puppet)
    assert stop.value.title == "Pay the price of an order back."
    return Resumed(stop.value.deed, stop.value.arguments, stop.value.said)


async def test_a_call_stops_the_turn_and_once_approved_is_made_as_it_was() -> None:
    shop = Shop()
    resumed = await stopped(shop, Puppet(("look", '{"order": "A1"}'), CALL))
    assert shop.done == ["look A1"]

    heard = await talk(shop, Puppet(), resumed)

    assert shop.done == ["look A1", "refund A1 500"], "what was looked up is not again"
    assert heard == ["paid 500", "refunded"]


async def test_nothing_of_the_round_runs_before() -> None:
    shop, puppet = Shop(), Puppet()
    puppet.left = [[ToolCall("1", "look", '{"order": "A1"}'), ToolCall("2", *CALL)]]
    resumed = await stopped(shop, puppet)
    assert shop.done == []

    await talk(shop, Puppet(), resumed)

    assert sorted(shop.done) == ["look A1", "refund A1 500"]


async def test_no_other_call_goes_with_the_approved_one() -> None:
    shop, puppet = Shop(), Puppet()
    puppet.left = [[ToolCall("1", *CALL), ToolCall("2", *CALL)]]
    resumed = await stopped(shop, puppet)

    heard = await talk(shop, Puppet(CALL, CALL), resumed)

    assert shop.done == ["refund A1 500"]
    assert [text.count("needs_approval") for text in heard] == [0, 1, 1, 1]


@pytest.mark.parametrize(
    "arguments", ['{"order": "A1"}', '{"order": "A1", "euros": "order"}', "{", "[]"]
)
async def test_a_wrong_call_asks_nobody(arguments: str) -> None:
    shop = Shop()

    [heard] = await talk(shop, Puppet(("refund", arguments)))

    assert "bad_arguments" in heard
    assert shop.done == []


async def test_arguments_by_their_place_are_shown_as_well() -> None:
    shop = Shop()

    with pytest.raises(ApprovalNeeded) as stop:
        await talk(shop, Puppet(("refund", '["A1", 500]')))

    assert stop.value.arguments == {"*": ["A1", 500]}


async def test_what_the_person_did_not_say_is_not_asked_for_either() -> None:
    shop = Shop()

    [heard] = await talk(shop, Puppet(("refund", '{"order": "B2", "euros": 500}')))

    assert "not_said" in heard


async def test_of_very_much_that_was_said_before_only_the_call_is_kept() -> None:
    shop = Shop()

    def long(name: str) -> Sequence[ToolCall]:
        return [ToolCall(f"{name}{n}", "look", '{"order": "A1"}') for n in range(8)]

    puppet = Puppet()
    puppet.left = [list(long(f"r{n}")) for n in range(5)] + [[ToolCall("2", *CALL)]]

    async def look(order: str) -> str:
        return "x" * (LONGEST // 30)

    with pytest.raises(ApprovalNeeded) as stop:
        await Assistant(puppet).complete([{"role": "user", "content": SAID}], [look, shop.tools[1]])

    [last] = stop.value.said
    assert [asked["function"]["name"] for asked in last["tool_calls"]] == ["refund"]


def test_another_word_for_a_risk_is_refused() -> None:
    with pytest.raises(ValueError, match='risk=\'medium\'; write "low" or "high"'):
        tool(risk="medium")  # type: ignore[arg-type]
