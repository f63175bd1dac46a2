"""Files tickets and keeps a person's; what it says is in `shared/dialogue/talks/tickets.py`."""

from typing import Any

from functions.triggers import skill_blueprint
from shared.skill import Skill
from shared.turn import FLOOR_RETURNED, Turn

skill = Skill(
    "tickets",
    "Files a ticket when something is broken, missing or needed, and lists your tickets",
    capabilities=[
        "create a ticket",
        "report a problem",
        "something is broken",
        "something does not work",
        "request equipment",
        "file an incident",
        "status of my tickets",
    ],
    examples=[
        "My laptop screen is flickering",
        "I want to open a ticket",
        "Please report a broken printer",
        "My keyboard does not work any more",
        "Open a case for me, please",
        "I need a new headset",
        "My monitor stays black",
        "The docking station does not charge",
        "There is no sound in my calls",
        "My mouse is broken",
        "The camera does not work in meetings",
        "I need a second monitor",
        "The app crashes when I start it",
        "Open a ticket: my device does not work",
        "Can you log an incident for me?",
        "What is the status of my ticket?",
        "Please cancel my ticket",
        "Close the ticket, it works again",
        "Reopen my ticket",
        "I want to add something to my ticket",
    ],
)


@skill.on_message
async def talk(turn: Turn) -> None:
    from shared.dialogue.talks import tickets

    await tickets.talk(turn)


@skill.on_event(FLOOR_RETURNED)
async def go_on(turn: Turn) -> None:
    from shared.dialogue.talks import tickets

    tickets.go_on(turn)


@skill.on_invoke("adaptiveCard/action")
async def card_action(turn: Turn) -> dict[str, Any]:
    from shared.dialogue.talks import tickets

    return await tickets.card_action(turn)


@skill.on_event("ticket.resolved")
async def resolved(turn: Turn) -> None:
    from shared.dialogue.talks import tickets

    await tickets.resolved(turn)


bp = skill_blueprint(skill)
