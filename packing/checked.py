"""What an app's files say, checked as far as that needs no setting, and noted for its start."""

import json
import os
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from shared.manifest.access import load_access
from shared.manifest.backends import load_backends
from shared.manifest.callers import load_callers
from shared.manifest.departments import load_departments
from shared.manifest.policy import load_policy
from shared.manifest.toml_file import AsWritten, parse, variables
from shared.manifest.webhooks import load_webhooks

READ_AT_THE_START = frozenset(
    {"access.toml", "backends.toml", "departments.toml", "policy.toml", "webhooks.toml"}
)


class _Placeholders(AsWritten):
    """Stands for what only the app's settings hold: each an address, and long enough for a key."""

    def get(self, name: str, default: Any = None) -> Any:
        return super(AsWritten, self).get(name) or f"https://{name}.contoso.example".lower()


def checked(files: Mapping[str, Path]) -> bytes:
    """Check the tables among an app's files, by path in the app, and note every file's bytes.

    The manifests were checked when they were read. Raises ConfigurationError at the first mistake.
    """
    _check({name: path for name, path in files.items() if name in READ_AT_THE_START})
    noted = {
        name: {
            "sha256": sha256(path.read_bytes()).hexdigest(),
            "variables": list(variables(parse(path))),
        }
        for name, path in sorted(files.items())
        if name in READ_AT_THE_START or _is_manifest(name)
    }
    return (json.dumps(noted, indent=2) + "\n").encode()


def _is_manifest(name: str) -> bool:
    return name.startswith("bots/") and name.endswith(".toml")


def _check(tables: Mapping[str, Path]) -> None:
    environ = _Placeholders(os.environ)
    for name, path in tables.items():
        match name:
            case "access.toml":
                load_access(path, environ)
                load_callers(path, environ)
            case "backends.toml":
                load_backends(path, environ, local=True)
            case "departments.toml":
                load_departments(path, AsWritten(os.environ))
            case "policy.toml":
                load_policy(path)
            case "webhooks.toml":
                load_webhooks(path, environ, local=True)
