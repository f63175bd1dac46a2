"""A small desk with three articles on a whole fabric: what people say, and what they hear."""

from dataclasses import replace
from pathlib import Path

from functions.skills import knowledge, router
from shared.ai.encoder import Encoder
from shared.skill import Skill
from shared.turn import Turn
from tests.lab import Lab

ARTICLES = {
    "canteen": """\
---
title: The canteen
url: https://intranet.contoso.example/house/canteen
---
<!-- asked: When is lunch? | Opening hours of the canteen | When can I eat something? -->
The canteen is open from 11:30 to 14:00; lunch costs 6 euros for employees.

## Guests

<!-- asked: May a visitor eat with us? | What does lunch cost for a guest? -->
Guests pay 9 euros and need a voucher from the reception.
""",
    "bicycles": """\
---
title: Bicycles and showers
url: https://intranet.contoso.example/house/bicycles
---
<!-- asked: Where do I leave my bike? | Is there a bicycle stand? | I come to work by bike -->
Bicycles stand in the cellar; your badge opens the gate on the north side.

## Showers

<!-- asked: Can I take a shower? | Where can I change my clothes after cycling? -->
Showers are beside the cellar stairs and are open until 20:00.
""",
    "plants": """\
---
title: Plants
url: https://intranet.contoso.example/house/plants
---
<!-- asked: Who waters the flowers? | My plant is dying | I would like a plant on my desk -->
The gardener comes on Tuesdays; write a note with your room for a new plant.
""",
}

repairs = Skill(
    "repairs",
    "Has broken things repaired",
    ["report something broken"],
    ["The lamp is broken", "The door does not close", "My chair has lost a wheel"],
)


@repairs.on_message
async def repair(turn: Turn) -> None:
    turn.reply(f"To be repaired: {turn.text}")


class Desk:
    """`say` returns what a person hears to one message."""

    def __init__(self, fabric: Lab, encoder: Encoder | None) -> None:
        self.fabric = fabric
        fabric.ai.__dict__["encoder"] = encoder
        bot = fabric.bots["lab"]
        fabric.bots["lab"] = replace(bot, knowledge=["house"])

    async def say(self, text: str) -> str:
        before = len(self.fabric.memory.sent)
        await self.fabric.say(text)
        await self.fabric.drain()
        return "\n".join(activity.text for _, activity in self.fabric.memory.sent[before:])

    @property
    def buttons(self) -> list[str]:
        """What the last reply offers to press."""
        _, last = self.fabric.memory.sent[-1]
        return [action["title"] for action in last.get("suggestedActions", {}).get("actions", [])]


def write_articles(folder: Path) -> None:
    house = folder / "knowledge" / "house"
    house.mkdir(parents=True)
    for name, text in ARTICLES.items():
        (house / f"{name}.md").write_text(text)


SKILLS = (router.skill, knowledge.skill, repairs)
