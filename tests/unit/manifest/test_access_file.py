"""access.toml: who may what, and what is wrong in it."""

from pathlib import Path

import pytest

from shared.errors import ConfigurationError
from shared.governance.access import Access
from shared.governance.roles import Role
from shared.manifest.access import load_access
from shared.manifest.callers import load_callers

ROOT = Path(__file__).parents[3]
GUID = "0f8fad5b-d9cb-469f-a165-70867728950e"


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "access.toml"
    path.write_text(text)
    return path


def test_people_groups_and_app_roles_are_granted_what_stands_there(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        f"""
        [[grant]]
        who = "group:{GUID.upper()}"
        role = "operator"
        departments = ["IT", "HR"]
        [[grant]]
        who = "user:$BOSS"
        role = "owner"
        departments = ["*"]
        [[grant]]
        who = "role:Fabric.Auditor"
        role = "auditor"
        departments = ["Sales"]
        """.replace("user:$BOSS", f"user:{GUID}"),
    )
    access = Access(load_access(path, {}))

    operator = access.rights("someone", groups=[GUID])
    assert operator.departments(Role.OPERATOR).names == {"IT", "HR"}
    assert not operator.departments(Role.OWNER)
    assert access.rights(GUID).departments(Role.OPERATOR).everywhere
    both = access.rights("someone", ["Fabric.Auditor"], [GUID])
    assert both.departments(Role.AUDITOR).names == {"IT", "HR", "Sales"}
    assert both.departments(Role.OPERATOR).names == {"IT", "HR"}
    assert not access.rights("someone", ["fabric.auditor"]).departments(Role.AUDITOR)


def test_without_the_file_nobody_may_anything(tmp_path: Path) -> None:
    access = Access(load_access(tmp_path / "access.toml", {}))

    assert not access.rights("ann", ["Fabric.Admin"], [GUID]).departments(Role.AUDITOR)


def test_a_group_of_the_laptop_is_a_grant_on_the_laptop_only() -> None:
    groups = ["laptop:operator:IT", "laptop:king:HR", "laptop:owner:", "laptop"]

    assert Access(laptop=True).rights("ann", (), groups).departments(Role.AUDITOR).names == {"IT"}
    assert not Access().rights("ann", (), groups).departments(Role.AUDITOR)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[grant]]\nrole = "admin"\ndepartments = ["*"]', "grant 1: who: missing; write"),
        ('[[grant]]\nwho = "role:X"\ndepartments = ["*"]', "grant 1: role: missing; write role"),
        ('[[grant]]\nwho = "role:X"\nrole = "admin"', "grant 1: departments: missing; write"),
        ('[[grant]]\nwho = "X"\nrole = "admin"\ndepartments = ["*"]', '"X" is nobody; write'),
        ('[[grant]]\nwho = "group:IT"\nrole = "admin"\ndepartments = ["*"]', "no object id"),
        ('[[grant]]\nwho = "role:X"\nrole = "king"\ndepartments = ["*"]', '"king" is no choice'),
        ('[[grant]]\nwho = "role:X"\nrole = "admin"\ndepartments = []', "departments: empty"),
        ('[[grant]]\nwho = "role:X"\nrole = "admin"\ndepartments = ["*", "IT"]', "beside others"),
        ('[[grant]]\nwho = "role:X"\nrole = "admin"\ndepartments = "IT"', "wrong type (text)"),
        ('[grant]\nwho = "role:X"', "two brackets"),
        ("[[grants]]", "grants: not known here; write [[grant]] or [[caller]]"),
        ('[[grant]]\nwho = "role:X"\nrole = "admin"\ndepartment = ["*"]', "did you mean"),
    ],
)
def test_what_is_wrong_is_named_with_what_to_write(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        load_access(write(tmp_path, text), {})

    assert "access.toml: " in str(error.value)
    assert said in str(error.value)


def test_the_projects_own_file_can_be_read() -> None:
    assert load_access(ROOT / "access.toml", {})


CALLER = '[[caller]]\nname = "portal"\nkey = "$PORTAL_KEY"\nbots = ["helpdesk"]\n'
KEYS = {"PORTAL_KEY": "made-up-0123456789", "OTHER_KEY": "made-up-too-0123456789"}


def test_a_program_has_a_key_from_the_environment_bots_and_users(tmp_path: Path) -> None:
    path = write(tmp_path, f'{CALLER}users = ["portal-*"]')

    assert load_access(path, KEYS) == []
    [caller] = load_callers(path, KEYS)

    assert caller.key == KEYS["PORTAL_KEY"]
    assert KEYS["PORTAL_KEY"] not in repr(caller)
    assert [caller.may_ask(bot) for bot in ("helpdesk", "hr")] == [True, False]
    assert [caller.speaks_for(user) for user in ("portal-7", "shop-7")] == [True, False]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (CALLER.replace("PORTAL_KEY", "ABSENT_KEY"), "ABSENT_KEY"),
        (CALLER.replace("$PORTAL_KEY", "short"), "less than 16"),
        (CALLER.replace('["helpdesk"]', "[]"), "bots: empty; write"),
        (CALLER.replace('bots = ["helpdesk"]', ""), "bots: missing; write"),
        (CALLER + CALLER, "caller 2: has the name or the key of another"),
        (CALLER + CALLER.replace("portal", "shop"), "caller 2: has the name or the key"),
        (CALLER.replace("[[caller]]", "[caller]"), "two brackets"),
    ],
)
def test_what_is_wrong_of_a_program_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        load_callers(write(tmp_path, text), KEYS)

    assert said in str(error.value)
    assert "made-up" not in str(error.value)
