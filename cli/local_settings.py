"""Where the app lives and what its environment is, as `func start` sets them up."""

import json
import os
import sys
from pathlib import Path

from shared.errors import ConfigurationError

PATH_SETTINGS = (
    *("FABRIC_DATA_DIR", "FABRIC_BOTS_DIR", "FABRIC_KNOWLEDGE_DIR"),
    *("FABRIC_ACCESS_FILE", "FABRIC_POLICY_FILE"),
)


def enter_app_root() -> Path:
    """Make the app's root the working directory and importable; return it.

    The root is where `function_app.py` stands: here, else the checkout of this command. Paths
    that the environment names stay relative to where the command was typed.
    """
    here = Path.cwd()
    root = here if (here / "function_app.py").exists() else Path(__file__).resolve().parents[1]
    for name in PATH_SETTINGS:
        if value := os.environ.get(name):
            os.environ[name] = str(here / value)
    os.chdir(root)
    sys.path.insert(0, str(root))
    read_values(root / "local.settings.json")
    return root


def read_values(path: Path) -> None:
    """Put `Values` of local.settings.json into the environment, which wins where both speak."""
    if not path.exists():
        return
    try:
        values = json.loads(path.read_bytes()).get("Values", {})
        pairs = [(name, value) for name, value in values.items() if isinstance(value, str)]
    except (ValueError, AttributeError) as error:
        raise ConfigurationError(
            f'{path.name} must be JSON like {{"Values": {{"NAME": "value"}}}}: {error}'
        ) from error
    for name, value in pairs:
        os.environ.setdefault(name, value)
