"""What a turn did stands in its transcript, for whoever says the same again."""

from collections.abc import Callable

from shared.ai.tools import Toolbox
from shared.errors import TransientError
from shared.ports.models import ToolCall
from shared.records.seen import transcripts
from shared.skill import Skill
from shared.turn import Turn
from tests.lab import Lab


async def priority(area: str) -> str:
    """How urgent an area is."""
    return "high"


async def test_tools_and_effects_are_those_of_the_run_that_was_committed(
    lab: Callable[..., Lab],
) -> None:
    errors = [TransientError("down", after=0)]
    skill = Skill("desk", "Works")

    @skill.on_message
    async def work(turn: Turn) -> None:
        await Toolbox([priority]).run(ToolCall("1", "priority", '{"area": "it"}'))
        if errors:
            raise errors.pop()
        turn.emit("ticket.created", {})
        turn.reply("done")

    fabric = lab(skill)
    await fabric.say("help")
    await fabric.drain()
    await fabric.say("thanks")
    await fabric.drain()

    bodies = [item.body async for item in transcripts(fabric.store)]
    assert [(body["tools"], body["effects"]) for body in bodies] == [
        (["priority"], ["ticket.created"]),
        (["priority"], ["ticket.created"]),
    ]
