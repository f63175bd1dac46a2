"""The departments of an organisation: read whole, or refused with what to write."""

from pathlib import Path

import pytest

from shared.errors import ConfigurationError
from shared.manifest.departments import load_departments

IT = '[[department]]\nid = "IT"\n'


def test_a_department_may_have_a_group_of_its_own(tmp_path: Path) -> None:
    longest = "g" * 90
    path = tmp_path / "departments.toml"
    path.write_text(
        f'{IT}resource_group = "rg-bots.it_(main)"\n[[department]]\nid = "HR"\n'
        f'resource_group = "{longest}"\nbudget_usd_per_month = "$HR_BUDGET"\n'
    )

    found = load_departments(path, {"HR_BUDGET": "12.5"})

    assert found["IT"].resource_group == "rg-bots.it_(main)"
    assert (found["HR"].resource_group, found["HR"].budget_usd_per_month) == (longest, 12.5)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f'{IT}resource_group = "{"g" * 91}"', "resource_group: too long; write at most 90"),
        (f'{IT}resource_group = "ends."', 'line 3: department 1: resource_group: "ends."'),
        (f'{IT}subscription = "mine"', 'subscription: "mine"'),
        (f"{IT}budget_usd_per_month = -1", "-1 is too small; write 0 or more"),
        (f"{IT}{IT}", "line 4: department 2: id: 'IT' stands here already"),
        ('[department]\nid = "IT"', "write [[department]], with two brackets"),
        ("[[department]]\n", 'id: missing; write id = "IT"'),
        (f'{IT}\n[[departement]]\nid = "HR"', "departement: not known here"),
    ],
)
def test_a_mistake_is_named_with_what_to_write(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "departments.toml"
    path.write_text(text)

    with pytest.raises(ConfigurationError) as error:
        load_departments(path, {})

    assert told in str(error.value)
