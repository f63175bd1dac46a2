"""What API Management has to enforce: `python -m packing.gateway` writes `infra/gateway/`.

A policy for each backend that says `gateway = "apim"` and one for the models, each as XML to read
and, all of them, in `gateway.json` for the Bicep, which can load no file whose name it computes.
"""

import json
import os
from collections.abc import Mapping
from math import ceil
from pathlib import Path
from typing import Any

from packing import policies
from packing.plan import manifests
from shared.manifest.backends import Declaration, load_backends
from shared.manifest.toml_file import AsWritten, parse

FOLDER = Path("infra/gateway")
LIST = "gateway.json"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
STANDING_FOR = "https://is-set.invalid"
"""What a variable is read as: the gateway learns its address when it is deployed."""


def files(root: Path) -> dict[str, str]:
    """The content of every file by name. Raises ConfigurationError for a wrong declaration."""
    path = root / "backends.toml"
    environ = _Placeholders(os.environ)
    declared = {
        name: one
        for name, one in sorted(load_backends(path, environ, local=False).items())
        if one.gateway
    }
    raw = parse(path) if path.exists() else {}
    limits = {
        bot.id: bot.quota.tokens_per_day
        for bot in manifests(root).values()
        if bot.quota.tokens_per_day is not None
    }
    models = policies.of_models(limits)
    rows = [_row(name, one, raw[name]) for name, one in declared.items()]
    listed = {
        "backends": rows,
        "operations": [
            {"api": row["name"], "method": method} for row in rows for method in METHODS
        ],
        "keys": [row["name"] for row in rows if row["keyed"]],
        "models": {"policy": models},
    }
    return {
        LIST: json.dumps(listed, indent=2) + "\n",
        "models.policy.xml": models,
        **{f"{row['name']}.policy.xml": row["policy"] for row in rows},
    }


def write(root: Path, folder: Path) -> None:
    """Write every file, and remove the policies of what is declared no more."""
    made = files(root)
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.policy.xml"):
        if path.name not in made:
            path.unlink()
    for name, content in made.items():
        (folder / name).write_text(content)


class _Placeholders(AsWritten):
    def get(self, name: str, default: Any = None) -> Any:
        return STANDING_FOR


def _row(name: str, declared: Declaration, raw: Mapping[str, Any]) -> dict[str, Any]:
    """`url` as it is written, or the `variable` that holds it."""
    written = str(raw["url"])
    variable = written.startswith("$")
    return {
        "name": name,
        "url": "" if variable else written,
        "variable": written.removeprefix("$") if variable else "",
        "keyed": bool(declared.key),
        "breaker": {
            "failures": declared.breaker.failures,
            "rest": f"PT{ceil(declared.breaker.rest_seconds)}S",
        },
        "policy": policies.of_backend(name, declared),
    }


if __name__ == "__main__":
    write(Path.cwd(), FOLDER)
