"""Who may operate what: `access.toml`, read into grants."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from shared.governance.access import EVERYWHERE, Grant
from shared.governance.roles import Role
from shared.manifest import callers, rows
from shared.manifest.shape import Form
from shared.manifest.toml_file import from_environ, parse, wrong

_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_WHO = 'write "role:Fabric.Operator", "group:<object id>" or "user:<object id>"'
_DEPARTMENTS = 'write the departments it holds in, such as ["IT"], or ["*"] for all of them'


@dataclass(frozen=True)
class Declared:
    """One `[[grant]]`."""

    who: str = field(metadata={"min_length": 1})
    role: Literal["auditor", "operator", "owner", "admin"]
    departments: list[str] = field(metadata={"min_length": 1})


@dataclass(frozen=True)
class Tables:
    """Who may operate what, and which programs may call skills."""

    grant: list[Declared] = field(default_factory=list)
    caller: list[callers.Declared] = field(default_factory=list)


_FORM = Form(
    Declared,
    "a grant",
    {
        "who": _WHO,
        "role": 'write role = "auditor", "operator", "owner" or "admin"',
        "departments": _DEPARTMENTS,
    },
)


def load_access(path: Path, environ: Mapping[str, str]) -> list[Grant]:
    """Every `[[grant]]` of the file; none without the file: then nobody may anything.

    A string value `$NAME` is read from `environ`. Raises ConfigurationError, one line, at the
    first mistake.
    """
    if not path.exists():
        return []
    raw = from_environ(parse(path), environ, path)
    tables = rows.tables(path, raw, "grant", "caller")["grant"]
    return [_read(path, number, table) for number, table in enumerate(tables, start=1)]


def _read(path: Path, number: int, table: Any) -> Grant:
    place = f"grant {number}"
    declared = rows.read(path, place, table, _FORM)
    kind, _, name = declared.who.partition(":")
    if kind not in ("role", "group", "user") or not name:
        raise wrong(path, f"{place}: who", f'"{declared.who[:60]}" is nobody; {_WHO}')
    if kind != "role" and not _GUID.fullmatch(name):
        raise wrong(
            path, f"{place}: who", f'"{name[:60]}" is no object id; write the GUID that Entra shows'
        )
    if not declared.departments:
        raise wrong(path, f"{place}: departments", f"empty; {_DEPARTMENTS}")
    departments = frozenset(declared.departments)
    if EVERYWHERE in departments and len(departments) > 1:
        raise wrong(path, f"{place}: departments", 'has "*" beside others; keep one or the other')
    who = declared.who if kind == "role" else f"{kind}:{name.lower()}"
    return Grant(who, Role[declared.role.upper()], departments)
