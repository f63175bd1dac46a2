"""Skills whose queue another app of this platform serves, as packing declared them for this one.

A bot's manifest, the router and whoever fans out facts need to know them; nothing here runs them.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared.errors import PermanentError
from shared.skill import Skill

if TYPE_CHECKING:
    from shared.turn import Turn

DECLARED_FILE = "elsewhere.json"


async def run_elsewhere(turn: "Turn") -> None:
    """Refuse what only the app with the skill's code can do: answer in the same response."""
    raise PermanentError("skill_runs_elsewhere")


def declaration(skill: Skill) -> dict[str, Any]:
    """All of a skill but its code, as JSON holds it."""
    return {
        "name": skill.name,
        "description": skill.description,
        "capabilities": list(skill.capabilities),
        "examples": list(skill.examples),
        "message": skill.message is not None,
        "events": sorted(skill.events),
        "activities": sorted(skill.activities),
        "overlap": skill.overlap,
        "concurrency": skill.concurrency,
        "every_click": skill.every_click,
        "purpose": skill.purpose,
    }


def read_declared(folder: Path) -> dict[str, Skill]:
    """The skills that run elsewhere, by name; none in an app that has everything."""
    try:
        declared = json.loads((folder / DECLARED_FILE).read_bytes())
    except FileNotFoundError:
        return {}
    return {one["name"]: _skill(one) for one in declared}


def _skill(one: dict[str, Any]) -> Skill:
    return Skill(
        one["name"],
        one["description"],
        capabilities=one["capabilities"],
        examples=one["examples"],
        message=run_elsewhere if one["message"] else None,
        events=dict.fromkeys(one["events"], run_elsewhere),
        activities=dict.fromkeys(one["activities"], run_elsewhere),
        overlap=one["overlap"],
        concurrency=one["concurrency"],
        every_click=one["every_click"],
        purpose=one["purpose"],
    )
