"""Where a collection gets articles from: `knowledge/<collection>/sources.toml`.

[[source]]
folder = "../../handbook"                  # documents, read in all folders below it
access = ["<object id of a group>"]        # who may read them; left out: everybody
url = "https://intranet.contoso.example/handbook/"    # where people find them, if anywhere
"""

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.errors import ConfigurationError

FILE = "sources.toml"


@dataclass(frozen=True, slots=True)
class Source:
    """`access` is None when everybody may read."""

    folder: Path
    access: Sequence[str] | None = None
    url: str = ""


def load_sources(collection: Path) -> list[Source]:
    """Read the sources of a collection, none without the file. Raises ConfigurationError."""
    path = collection / FILE
    if not path.exists():
        return []
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: {error}") from None
    tables = raw.get("source")
    if set(raw) != {"source"} or not isinstance(tables, list):
        raise ConfigurationError(f'{path}: write [[source]] and under it folder = "..."')
    return list(_sources(path, tables))


def _sources(path: Path, tables: Sequence[Any]) -> Iterator[Source]:
    for number, table in enumerate(tables, start=1):
        where = f"{path}: source {number}"
        if not isinstance(table, dict) or (unknown := set(table) - {"folder", "access", "url"}):
            name = f": {sorted(unknown)[0]} is not known here" if isinstance(table, dict) else ""
            raise ConfigurationError(f"{where}{name}; write folder, access, url")
        folder, access, url = table.get("folder"), table.get("access"), table.get("url", "")
        if not isinstance(folder, str) or not (path.parent / folder).is_dir():
            raise ConfigurationError(
                f"{where}: folder: there is no folder {folder!r} beside {path.name}; write its path"
            )
        if access is not None and (
            not isinstance(access, list) or not all(isinstance(one, str) and one for one in access)
        ):
            raise ConfigurationError(f'{where}: access: write a list, ["<object id of a group>"]')
        if not isinstance(url, str) or (url and not url.startswith("https://")):
            raise ConfigurationError(f"{where}: url: write https://...")
        yield Source(path.parent / folder, access, url)
