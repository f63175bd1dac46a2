"""What is looked at before the app says which functions it has, so that what is set wrong stops it.

In a checkout that is everything. Packing checks the files of a packed app and notes their bytes;
there the start looks whether they are those, and the settings and variables are there. What a
variable holds is judged at the first call, which then fails and says what to write.
"""

import json
import os
from hashlib import sha256
from pathlib import Path
from typing import Any

from functions.host import fabric
from shared.errors import ConfigurationError
from shared.settings import Settings

CHECKED_FILE = "checked.json"
"""By file: the digest of what packing has checked, and the variables that it names, by key."""

ROOT = Path(__file__).parents[1]


def start(root: Path = ROOT) -> None:
    """Raises ConfigurationError, one line, for what would only fail with the first message."""
    settings = Settings.from_environ()
    checked = _read(root)
    if not checked or not _is_packed(settings, root, checked):
        fabric()
        return
    from shared import adapters, surroundings

    adapters.check(settings)
    surroundings.check_secrets(settings)
    for file, noted in checked.items():
        for key, variable in noted["variables"]:
            if not os.environ.get(variable, "").strip():
                raise ConfigurationError(
                    f"{file}: {key}: ${variable} is not set; set the environment variable "
                    f"{variable}"
                )


def _read(root: Path) -> dict[str, Any]:
    try:
        checked: dict[str, Any] = json.loads((root / CHECKED_FILE).read_bytes())
    except FileNotFoundError:
        return {}
    return checked


def _is_packed(settings: Settings, root: Path, checked: dict[str, Any]) -> bool:
    """Whether what this process will read is, byte by byte, what was checked."""
    tables = (
        *(settings.backends_file, settings.access_file, settings.webhooks_file),
        *(settings.policy_file, settings.departments_file),
    )
    manifests = [
        *settings.bots_dir.glob("[!.]*.toml"),
        *settings.bots_dir.glob("[!.]*/[!.]*.toml"),
    ]
    found = {path.absolute() for path in (*tables, *manifests) if path.exists()}
    return found == {root / file for file in checked} and all(
        sha256((root / file).read_bytes()).hexdigest() == noted["sha256"]
        for file, noted in checked.items()
    )
