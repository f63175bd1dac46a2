"""The functions that the app must have, with their bindings, as one golden file for each bus.

A skill that somebody adds has the functions of `echo` under its own name, so that the golden files
need no change for it.
"""

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "tests" / "e2e" / "golden"

Bindings = dict[str, Any]


def golden(bus: str = "servicebus") -> Bindings:
    """The bindings of every function, by name."""
    text = (FOLDER / f"bindings_{bus}.json").read_text()
    bindings: Bindings = json.loads(text)
    for path in sorted((ROOT / "functions" / "skills").glob("[!_]*.py")):
        if f"skill_{path.stem}" not in bindings:
            bindings |= _like_echo(bindings, path.stem)
    return bindings


def _like_echo(bindings: Bindings, module: str) -> Bindings:
    echo = {name: one for name, one in bindings.items() if name.startswith("skill_echo")}
    text = json.dumps(echo).replace("skill_echo", f"skill_{module}")
    text = text.replace("skill-echo", f"skill-{module}").replace("skills/echo", f"skills/{module}")
    made: Bindings = json.loads(text.replace(f"skill-{module}", f"skill-{_hyphens(module)}"))
    return made


def _hyphens(module: str) -> str:
    return module.replace("_", "-")
