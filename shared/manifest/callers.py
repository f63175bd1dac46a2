"""Which programs may call skills as APIs: the `[[caller]]` tables of `access.toml`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from shared.governance.callers import ANY, Caller
from shared.manifest import rows
from shared.manifest.shape import Form
from shared.manifest.toml_file import from_environ, parse, wrong

SHORTEST_KEY = 16
"""Characters of a key that nobody guesses; those of Azure Functions have more than 50."""


@dataclass(frozen=True)
class Declared:
    """One `[[caller]]`: a program with a key of its own."""

    name: str = field(metadata={"pattern": r"^[a-z][a-z0-9-]{0,39}$"})
    key: str = field(metadata={"min_length": 1})
    bots: list[str] = field(metadata={"min_length": 1})
    users: list[str] = field(default_factory=lambda: [ANY], metadata={"min_length": 1})


_FORM = Form(
    Declared,
    "a caller",
    {
        "name": 'write name = "portal", in small letters',
        "key": 'write key = "$PORTAL_KEY", and give that function key to the program alone',
        "bots": 'write the bots that it may ask, such as ["helpdesk"], or ["*"] for all of them',
        "users": 'write the users that it may name, such as ["portal-*"]; absent: any',
    },
)


def load_callers(path: Path, environ: Mapping[str, str]) -> list[Caller]:
    """Every `[[caller]]` of the file; none without it: then any function key will do.

    A string value `$NAME` is read from `environ`. Raises ConfigurationError, one line, at the
    first mistake.
    """
    if not path.exists():
        return []
    raw = from_environ(parse(path), environ, path)
    found: list[Caller] = []
    for number, table in enumerate(rows.tables(path, raw, "grant", "caller")["caller"], start=1):
        place = f"caller {number}"
        declared = rows.read(path, place, table, _FORM)
        if len(declared.key) < SHORTEST_KEY:
            raise wrong(path, f"{place}: key", f"has less than {SHORTEST_KEY} characters")
        if any(declared.name == one.name or declared.key == one.key for one in found):
            raise wrong(path, place, "has the name or the key of another; give it its own")
        if not declared.bots:
            raise wrong(path, f"{place}: bots", f"empty; {_FORM.missing['bots']}")
        bots = frozenset(declared.bots)
        found.append(Caller(declared.name, declared.key, bots, tuple(declared.users)))
    return found
