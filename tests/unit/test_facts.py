"""News from outside reach every conversation that named their subject."""

from collections.abc import Callable

from shared import facts
from shared.event import Event, event_id
from shared.ports import Put
from shared.skill import Skill
from shared.turn import Turn
from tests.lab import Lab


def newsreader() -> Skill:
    skill = Skill("newsreader", "Passes news on")

    @skill.on_message
    async def follow(turn: Turn) -> None:
        turn.emit("case.opened", {}, subject="case 1")

    @skill.on_event("case.news")
    async def tell(turn: Turn) -> None:
        turn.reply("news")

    return skill


async def test_the_last_of_more_than_a_thousand_followers_hears_it_too(
    lab: Callable[..., Lab],
) -> None:
    fabric = lab(newsreader())
    key = await fabric.say("hello")
    await fabric.drain()
    earlier = [f"follower:{number:04d}" for number in range(1000)]
    assert max(earlier) < f"follower:{key}"
    for start in range(0, len(earlier), 100):
        puts = [Put(id, {"bot": "gone"}) for id in earlier[start : start + 100]]
        await fabric.store.write(f"subject:{event_id('case 1')}", *puts)

    await facts.fan_out(fabric, Event("n1", "case.news", subject="case 1").to_json())
    await fabric.drain()

    assert fabric.heard() == ["news"]
