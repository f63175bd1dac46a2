"""What changed, and whose answers it may change."""

from dataclasses import replace
from pathlib import Path

import pytest

from evaluation.changed import changed_bots
from shared.bot import Bot
from shared.manifest.bots import load_bots

ROOT = Path(__file__).parents[3]
BOTS = {id: load_bots(ROOT / "bots", {}, local=True)[id] for id in ("helpdesk", "hr")}
HELPDESK, HR = {"helpdesk"}, {"hr"}
BOTH = HELPDESK | HR


@pytest.fixture
def bots() -> dict[str, Bot]:
    """The help desk alone files tickets, and each has a collection of its own."""
    return {
        "helpdesk": replace(BOTS["helpdesk"], skills=["router", "tickets"], knowledge=["it"]),
        "hr": replace(BOTS["hr"], skills=["router"], knowledge=["hr"]),
    }


@pytest.mark.parametrize(
    ("path", "changed"),
    [
        ("bots/helpdesk.toml", HELPDESK),
        ("bots/hr.cases.jsonl", HR),
        ("bots/hr.cassette.jsonl", HR),
        ("bots/hr.released.json", set()),
        ("bots/other.toml", set()),
        ("knowledge/it/vpn.md", HELPDESK),
        ("knowledge/hr/access.toml", HR),
        ("functions/skills/tickets.py", HELPDESK),
        ("functions/skills/router.py", BOTH),
        ("functions/skills/notify.py", set()),
        ("functions/skills/__init__.py", BOTH),
        ("functions/triggers.py", BOTH),
        ("shared/ai/assistant.py", BOTH),
        ("requirements.txt", BOTH),
        ("docs/why.md", set()),
        ("infra/main.bicep", set()),
    ],
)
def test_a_path_concerns_the_bots_that_stand_on_it(
    bots: dict[str, Bot], path: str, changed: set[str]
) -> None:
    assert set(changed_bots([path], bots)) == changed


def test_the_first_path_is_told(bots: dict[str, Bot]) -> None:
    paths = ["bots/hr.toml", "knowledge/hr/x.md", "shared/bot.py"]
    assert changed_bots(paths, bots) == {"hr": "bots/hr.toml", "helpdesk": "shared/bot.py"}
