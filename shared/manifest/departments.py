"""The organisation's departments, their owners and budgets: one TOML file for the platform."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shared.governance.department import Department
from shared.manifest.rows import read
from shared.manifest.shape import Form
from shared.manifest.toml_file import from_environ, parse, wrong

_FORM = Form(
    Department,
    "a department",
    {"id": 'write id = "IT", what the bots of it write as their department'},
)


def load_departments(path: Path, environ: Mapping[str, str]) -> dict[str, Department]:
    """Every department by its id; none without the file.

    A string value `$NAME` is read from `environ`. Raises ConfigurationError, one line, at the
    first mistake.
    """
    if not path.exists():
        return {}
    raw = from_environ(parse(path), environ, path, numbers=frozenset({"budget_usd_per_month"}))
    tables = raw.pop("department", [])
    if raw:
        raise wrong(
            path, next(iter(raw)), "not known here; a department stands under [[department]]"
        )
    if not isinstance(tables, list):
        raise wrong(path, "department", "write [[department]], with two brackets")
    found: dict[str, Department] = {}
    for number, table in enumerate(tables, 1):
        department = _read(path, number, table)
        if department.id in found:
            raise wrong(path, f"department {number}: id", f"{department.id!r} stands here already")
        if department.subscription and not department.resource_group:
            hint = 'stands without a group in it; write resource_group = "rg-bots-hr"'
            raise wrong(path, f"department {number}: subscription", hint)
        found[department.id] = department
    return found


def _read(path: Path, number: int, table: Any) -> Department:
    where = f"department {number}"
    if not isinstance(table, dict):
        raise wrong(path, where, "write [[department]], a table for each department")
    return read(path, where, table, _FORM)
