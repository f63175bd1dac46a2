"""Asks for a person; what it says is in `shared/dialogue/talks/handoff.py`."""

from functions.triggers import skill_blueprint
from shared.skill import Skill
from shared.turn import Turn

skill = Skill(
    "handoff",
    "Brings in a person to talk to",
    capabilities=[
        "talk to a person",
        "speak to a human",
        "chat with a real agent",
        "complain to somebody",
        "ask for a colleague",
        "call me back",
    ],
    examples=[
        "I want to talk to a person",
        "Can I speak to a human?",
        "Put me through to an agent",
        "Get me a real person please",
        "I want to make a complaint",
        "Please let somebody call me back",
        "You are no help, give me a human",
        "Is there somebody I can talk to?",
        "Ich möchte mit einem Menschen sprechen",
        "Je voudrais parler à une personne",
        "Quiero hablar con una persona",
        "Quero falar com uma pessoa",
        "Vorrei parlare con una persona",
        "Ik wil met een medewerker spreken",
    ],
)


@skill.on_message
async def ask(turn: Turn) -> None:
    from shared.dialogue.talks import handoff

    await handoff.ask(turn)


@skill.on_event("handoff.closed")
async def closed(turn: Turn) -> None:
    from shared.dialogue.talks import handoff

    await handoff.closed(turn)


bp = skill_blueprint(skill)
