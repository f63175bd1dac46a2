"""A mistake in a TOML file is named with the line where it stands."""

from pathlib import Path

import pytest

from shared.errors import ConfigurationError
from shared.manifest.access import load_access
from shared.manifest.bots import load_bots
from shared.manifest.line import line_of

FILE = """\
# a comment with id = "x"
id = "desk"
skills = [
  "router",  # id
  "tickets",
]
routes."/my way" = "tickets"

[channels.teams]
[quota]
note = \"\"\"
tokens_per_day = 1
\"\"\"
tokens_per_day = 5

[[rule]]
id = "a"
[[rule]]
id = "b"
says = "x"
"""


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("id", 2),
        ("skills", 3),
        ('routes."/my way"', 7),
        ("channels.teams", 9),
        ("channels.teams.app_id", 9),
        ("quota.tokens_per_day", 14),
        ("quota.budget_usd_per_month", 10),
        ("rule 1: id", 17),
        ("rule 2", 18),
        ("rule 2: says", 20),
        ("rule 2: severity", 18),
        ("name", None),
        ("rule 3: id", 16),
        ("no key at all", None),
    ],
)
def test_a_place_is_found(place: str, line: int | None) -> None:
    assert line_of(FILE, place) == line


def test_windows_line_ends_count_once() -> None:
    assert line_of(FILE.replace("\n", "\r\n"), "quota.tokens_per_day") == 14


def test_a_manifest_names_the_line(tmp_path: Path) -> None:
    (tmp_path / "desk.toml").write_text(
        'id = "desk"\nname = "Desk"\nowner = "desk@contoso.example"\ndepartment = "IT"\n'
        'skills = ["router"]\ndefault_skill = "router"\n\n[quota]\ntokens_per_day = -1\n'
    )

    with pytest.raises(ConfigurationError, match=r"desk\.toml: line 9: quota\.tokens_per_day: -1"):
        load_bots(tmp_path, {}, local=True)


def test_a_table_of_a_list_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "access.toml"
    path.write_text(
        '[[grant]]\nwho = "role:A"\nrole = "admin"\ndepartments = ["*"]\n\n'
        '[[grant]]\nwho = "bob"\nrole = "admin"\ndepartments = ["*"]\n'
    )

    with pytest.raises(ConfigurationError, match=r"access\.toml: line 7: grant 2: who: "):
        load_access(path, {})
