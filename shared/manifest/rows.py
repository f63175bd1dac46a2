"""A file of `[[rows]]`: each table read into a dataclass, or one line that says what to write."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from shared.manifest import table
from shared.manifest.shape import Form, explain
from shared.manifest.toml_file import wrong

Row = TypeVar("Row")


def tables(path: Path, raw: Mapping[str, Any], *names: str) -> dict[str, list[Any]]:
    """The tables under each of `names`. Raises ConfigurationError for any other key."""
    for name in raw:
        if name not in names:
            known = " or ".join(f"[[{one}]]" for one in names)
            raise wrong(path, name, f"not known here; write {known}")
    found = {name: raw.get(name, []) for name in names}
    for name, rows in found.items():
        if not isinstance(rows, list):
            raise wrong(path, name, f"one table; write [[{name}]], with two brackets")
    return found


def read(path: Path, place: str, row: object, form: Form[Row]) -> Row:
    """One table as its dataclass."""
    try:
        return table.read(form.root, row)
    except table.Mistaken as error:
        key, sentence = explain(error, form)
        raise wrong(path, f"{place}: {key}" if key else place, sentence) from None
