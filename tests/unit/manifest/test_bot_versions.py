"""A version of a manifest is a file with the keys that are other, and changes nothing else."""

from datetime import date
from pathlib import Path

import pytest

from shared.errors import ConfigurationError
from shared.governance.policy import Policy, Rule
from shared.manifest.bot_versions import load_bot_versions
from shared.manifest.policy import findings

BOT = """
id = "desk"
name = "Desk"
owner = "desk@contoso.example"
department = "IT"
instructions = "Be brief."
skills = ["echo", "tickets"]
default_skill = "echo"
[quota]
tokens_per_day = 1000
"""


@pytest.fixture
def bots(tmp_path: Path) -> Path:
    (tmp_path / "desk").mkdir()
    (tmp_path / "desk.toml").write_text(BOT)
    return tmp_path


def load(bots: Path, **environ: str) -> dict[str, dict[str, object]]:
    found = load_bot_versions(bots, environ, local=True, skills=["echo", "tickets"])
    return {id: dict(versions) for id, versions in found.items()}


def test_without_a_folder_there_is_none(tmp_path: Path) -> None:
    (tmp_path / "desk.toml").write_text(BOT)

    assert load(tmp_path) == {}


def test_what_a_version_does_not_say_is_the_bots_own(bots: Path) -> None:
    (bots / "desk" / "v2.toml").write_text('instructions = "$WORDS"\ndefault_skill = "tickets"\n')

    [bot] = load_bot_versions(bots, {"WORDS": "Be kind."}, local=True)["desk"].values()

    assert (bot.instructions, bot.default_skill) == ("Be kind.", "tickets")
    assert (bot.name, bot.skills, bot.quota.tokens_per_day) == ("Desk", ["echo", "tickets"], 1000)


@pytest.mark.parametrize(
    ("file", "text", "told"),
    [
        (
            "desk/v2.toml",
            "[quota]\ntokens_per_day = 5",
            "v2.toml: line 1: quota: belongs to the bot",
        ),
        ("desk/v2.toml", 'owner = "x@y.example"', "owner: belongs to the bot itself"),
        ("desk/v2.toml", 'instruction = "x"', 'did you mean "instructions"?'),
        ("desk/v2.toml", 'skills = ["none"]', 'there is no skill "none"'),
        ("desk/v2.toml", 'skills = ["tickets"]', '"echo" is not among the bot\'s skills'),
        ("desk/v2.toml", "skills = 5", "v2.toml: line 1: skills: has the wrong type"),
        ("desk/v2.toml", 'instructions = "$WORDS"', "$WORDS is not set"),
        ("desk/v1.toml", "", '"v1" is no further version'),
        ("desk/V 2.toml", "", "is no further version; name the file v2.toml"),
        ("disk/v2.toml", "", 'there is no bot "disk"'),
    ],
)
def test_a_mistake_is_named_with_its_file(bots: Path, file: str, text: str, told: str) -> None:
    (bots / file).parent.mkdir(exist_ok=True)
    (bots / file).write_text(text)

    with pytest.raises(ConfigurationError) as error:
        load(bots)

    assert told in str(error.value)


def test_the_policy_measures_versions_too(bots: Path) -> None:
    (bots / "desk" / "v2.toml").write_text('model = "huge"\n')
    rule = Rule("models", "only small models", "model", one_of=["default"])

    found = list(findings(Policy([rule]), bots, date(2026, 11, 1)))

    assert [(one.path.name, one.line, one.breach.bot) for one in found] == [("v2.toml", 1, "desk")]
