"""What the README shows works as it stands."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from functions import host
from functions.skills import router
from tests.lab import Lab

README = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")


def block(name: str) -> str:
    """The code under the line that names the file."""
    match = re.search(rf"`{re.escape(name)}`:\n\n```\w+\n(.*?)```", README, re.DOTALL)
    assert match, name
    return match[1]


async def test_the_dice_skill_is_found_and_answers(lab: Callable[..., Lab]) -> None:
    module: dict[str, Any] = {}
    exec(block("functions/skills/dice.py"), module)
    try:
        fabric = lab(router.skill, module["skill"])
        await fabric.say("roll a die")
        await fabric.drain()
        assert re.fullmatch(r"Roll 1: [1-6]", fabric.heard()[0])
    finally:
        del host.SKILLS["dice"]


def test_the_bot_is_a_valid_manifest(tmp_path: Path) -> None:
    from shared.manifest.bots import load_bots

    (tmp_path / "facilities.toml").write_text(block("bots/facilities.toml"))
    assert load_bots(tmp_path, {}, local=True, skills=host.SKILLS.keys())["facilities"]
