"""Who may read the articles of a collection, as the `access.toml` in its folder says."""

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from shared.errors import ConfigurationError

if TYPE_CHECKING:
    from shared.ports.knowledge import Access

SIGNED_IN = "signed-in"
FOLDER_FILE = "access.toml"


def of_folder(folder: Path) -> "Access":
    """Read the `access.toml` of a collection. Raises ConfigurationError for what is no list."""
    path = folder / FOLDER_FILE
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return ()
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: {error}") from error
    given = raw.get("access")
    names = given if isinstance(given, list) else [None]
    groups = [name.strip().casefold() for name in names if isinstance(name, str)]
    if len(raw) != 1 or not all(groups) or len(groups) != len(names):
        raise ConfigurationError(
            f'{path}: write access = ["<object id of a group>", ...], or ["{SIGNED_IN}"]'
        )
    return (frozenset(groups),)
