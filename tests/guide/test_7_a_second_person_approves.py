"""A model may ask for a deed of high risk; a second person has it done, or not.

Meanwhile nothing runs and nothing is in a queue: the call lies in the store. What is approved is
this very call, and the model then goes on where it was.
"""

from collections.abc import AsyncIterator, Callable

import pytest

from shared.ai.openai_models import OpenAIModels
from shared.ai.risky import tool
from shared.governance.audit import Operator
from shared.operations.deeds import approvals as deeds
from shared.operations.deeds.approvals import Decider, NotTheirs
from shared.operations.reports.approvals import approvals
from shared.skill import Skill
from shared.turn import Turn
from stand_ins.openai.server import KEY, OpenAIServer
from tests.lab import Lab

WISH = 'call refund {"order": "A1", "euros": 500}'
PAID: list[str] = []


def shop() -> Skill:
    skill = Skill("shop", "Helps with orders", purpose="support")

    @skill.on_message
    async def help(turn: Turn) -> None:
        @tool(risk="high")
        async def refund(order: str, euros: int) -> str:
            """Pay the price of an order back."""
            PAID.append(f"{order}: {euros}")
            return "refunded"

        said = await turn.ai.complete([{"role": "user", "content": turn.text}], [refund])
        turn.reply(said.text)

    return skill


@pytest.fixture
async def fabric(lab: Callable[..., Lab]) -> AsyncIterator[Lab]:
    PAID.clear()
    made = lab(shop())
    async with OpenAIServer() as server:
        made.ai.models = OpenAIModels(
            f"openai://{server.host}",
            "default=gpt",
            base_url=lambda host: f"http://{host}",
            key=KEY,
            credential=lambda: None,  # type: ignore[arg-type,return-value]
        )
        yield made
        await made.ai.models.close()


async def test_a_second_person_has_the_very_call_made_once(fabric: Lab) -> None:
    await fabric.say(WISH)
    await fabric.drain()

    [told] = fabric.heard()
    assert told.startswith(
        "This has to be approved by a second person: Pay the price of an order back."
    )
    [waits] = await approvals(fabric)
    assert (waits.deed, waits.arguments) == ("refund", {"order": "A1", "euros": 500})
    assert PAID == []

    with pytest.raises(NotTheirs):
        await deeds.approve(fabric, Decider(Operator("ann", "cli")), waits.id)
    await deeds.approve(fabric, Decider(Operator("ben", "cli")), waits.id)
    await fabric.drain()

    assert PAID == ["A1: 500"]
    assert fabric.heard()[-1] == "The tool says: refunded"


async def test_what_was_denied_is_not_done(fabric: Lab) -> None:
    await fabric.say(WISH)
    await fabric.drain()
    [waits] = await approvals(fabric)

    await deeds.deny(fabric, Decider(Operator("ben", "cli")), waits.id, "They have the money.")
    await fabric.drain()

    assert PAID == []
    assert fabric.heard()[-1].endswith("The reason: They have the money.")
