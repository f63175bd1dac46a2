"""`apps.toml`: who runs where, and what is said about a file that is wrong."""

from pathlib import Path

import pytest

from shared.bot import Bot
from shared.errors import ConfigurationError
from shared.manifest.apps import MAIN, App, load_apps

SKILLS = ("router", "knowledge", "tickets", "leave")


def bot(id: str, department: str, *skills: str) -> Bot:
    return Bot(
        id, id, "owner@contoso.example", department, list(skills), skills[0], region="westeurope"
    )


BOTS = {
    "helpdesk": bot("helpdesk", "IT", "router", "knowledge", "tickets"),
    "hr": bot("hr", "Human Resources", "router", "knowledge", "leave"),
}


def apps(folder: Path, text: str = "") -> dict[str, App]:
    path = folder / "apps.toml"
    path.write_text(text)
    return load_apps(path, BOTS, SKILLS)


def test_without_the_file_there_is_one_app_with_everything(tmp_path: Path) -> None:
    [main] = load_apps(tmp_path / "apps.toml", BOTS, SKILLS).values()

    assert main.front
    assert set(main.skills) == set(SKILLS)


def test_a_skill_moves_and_nothing_else_does(tmp_path: Path) -> None:
    found = apps(tmp_path, '[[app]]\nname = "answers"\nskills = ["knowledge"]\n')

    assert {name: app.skills for name, app in found.items()} == {
        MAIN: ("leave", "router", "tickets"),
        "answers": ("knowledge",),
    }
    assert [app.front for app in found.values()] == [True, False]


@pytest.mark.parametrize("key", ['bots = ["hr"]', 'departments = ["Human Resources"]'])
def test_a_bot_takes_along_what_nobody_else_has(tmp_path: Path, key: str) -> None:
    found = apps(tmp_path, f'[[app]]\nname = "people"\n{key}\n')

    assert found["people"].skills == ("leave",)


def test_the_main_app_has_a_size_too(tmp_path: Path) -> None:
    found = apps(tmp_path, '[[app]]\nname = "main"\nmemory_mb = 4096\nalways_ready = 1\n')

    assert found[MAIN].declared.memory_mb == 4096


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[app]]\nskills = ["knowledge"]', 'app 1: name: missing; write name = "hr"'),
        ('[[app]]\nname = "a"\nskills = ["knowlege"]', 'did you mean "knowledge"'),
        ('[[app]]\nname = "a"\nbots = ["nobody"]', 'there is no "nobody"'),
        ('[[app]]\nname = "a"\n', "it would run nothing"),
        ('[[app]]\nname = "main"\nskills = ["router"]', "the main app takes what no other takes"),
        ('[[app]]\nname = "a"\nskills = ["leave"]\nmemory_mb = 1024', "1024 is no size"),
        ('[[app]]\nname = "a"\nskills = ["leave"]\nalways_ready = 50', "more than max_instances"),
        ('[app]\nname = "a"', "write [[app]], with two brackets"),
        ('[[apps]]\nname = "a"', "apps: not known here; write [[app]]"),
        (
            '[[app]]\nname = "a"\nskills = ["leave"]\n[[app]]\nname = "b"\nskills = ["leave"]',
            '"leave" runs in a already',
        ),
        (
            '[[app]]\nname = "a"\nskills = ["leave"]\n[[app]]\nname = "a"\nskills = ["tickets"]',
            '"a" is an app already',
        ),
    ],
)
def test_a_wrong_file_is_one_line_that_says_what_to_write(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(ConfigurationError) as error:
        apps(tmp_path, text)

    assert said in str(error.value)
    assert "\n" not in str(error.value)
