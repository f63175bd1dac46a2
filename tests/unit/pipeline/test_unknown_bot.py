"""While a bot is rolled out, a worker that does not know it leaves its messages to the others."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from shared.fabric import Fabric
from shared.operations.reports.health import health
from shared.pipeline.turns import settle
from shared.skill import Skill
from shared.turn import Turn
from tests.lab import Lab


def greeter() -> Skill:
    skill = Skill("greeter", "Greets")

    @skill.on_message
    async def greet(turn: Turn) -> None:
        turn.reply("hello")

    return skill


class OldWorker(Fabric):
    """On the same data, from before the bot `lab` was added."""

    def __init__(self, fabric: Lab, folder: Path) -> None:
        folder.mkdir()
        manifest = (fabric.settings.bots_dir / "lab.toml").read_text()
        (folder / "other.toml").write_text(manifest.replace('"lab"', '"other"', 1))
        super().__init__(replace(fabric.settings, bots_dir=folder), fabric.skills)


async def test_a_message_for_an_unknown_bot_waits_for_who_knows_it(
    lab: Callable[..., Lab], tmp_path: Path
) -> None:
    fabric = lab(greeter())
    old = OldWorker(fabric, tmp_path / "old")
    key = await fabric.say("hi")
    [delivery] = await fabric.deliveries()

    await settle.work(old, fabric.skills["greeter"], delivery.body, delivery.count)
    await fabric.bus.complete(delivery)  # type: ignore[attr-defined]

    assert await fabric.items(key, "dead:") == []
    await fabric.drain()
    assert fabric.heard() == ["hello"]
    await old.close()


async def test_health_names_what_was_stopped(lab: Callable[..., Lab]) -> None:
    fabric = lab(greeter())
    await fabric.switches.stop("bot", "lab")

    report = await health(fabric)

    assert report["status"] == "degraded"
    assert report["dependencies"]["bot lab"].startswith("degraded: stopped")
