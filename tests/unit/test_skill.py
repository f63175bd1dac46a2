"""What a skill cannot be is refused where it is declared."""

import pytest

from shared.skill import Skill
from shared.turn import Turn


def test_a_handler_is_async() -> None:
    skill = Skill("desk", "Answers")

    def plain(turn: Turn) -> None:
        turn.reply("no")

    with pytest.raises(ValueError, match="skill desk: plain is no async def"):
        skill.on_message(plain)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="plain is no async def"):
        skill.on_event("ticket.created")(plain)  # type: ignore[arg-type]
