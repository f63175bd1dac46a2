"""Which files go into which app, and those that are written for it."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from functions.elsewhere import DECLARED_FILE, declaration
from functions.start import CHECKED_FILE
from packing.checked import checked
from packing.sources import declared_skills, modules_of, with_imports
from shared.bot import Bot
from shared.errors import ConfigurationError
from shared.knowledge.folder_access import FOLDER_FILE
from shared.manifest.apps import App, load_apps
from shared.manifest.bot_versions import read_version, version_files
from shared.manifest.bots import read_bot
from shared.manifest.toml_file import AsWritten
from shared.skill import Skill

TABLES = ("access.toml", "backends.toml", "departments.toml", "policy.toml", "prices.toml")
"""What is declared once for all bots, and read in every app."""

FRONT_TABLES = ("webhooks.toml",)
"""What only the app with the channels and the fan-out of facts reads."""

EVERY_APP = ("functions", "functions.start", "functions.platform.health", "functions.skills")
LIBRARY_SUFFIXES = frozenset({".py", ".mo"})


@dataclass(frozen=True, slots=True)
class Plan:
    """`copied`: path in the app -> file of the checkout; `written`: path in the app -> content."""

    app: App
    copied: Mapping[str, Path]
    written: Mapping[str, bytes]


def declared_apps(root: Path, declared: Path | None = None) -> dict[str, App]:
    """Every app by name, the main one first, by `apps.toml` or the file `declared`.

    Raises ConfigurationError at the first mistake.
    """
    return load_apps(declared or root / "apps.toml", manifests(root), declared_skills())


def manifests(root: Path) -> dict[str, Bot]:
    """The bots of a checkout, by id, whatever is set in the environment."""
    environ = AsWritten(os.environ)
    found = (read_bot(path, environ) for path in sorted((root / "bots").glob("[!.]*.toml")))
    return {bot.id: bot for bot in found}


def plan(root: Path, app: App) -> Plan:
    """What one app consists of. Raises ConfigurationError where it cannot be made of the files."""
    skills = {name: skill for name, (skill, _) in declared_skills().items()}
    bots = {
        id: bot
        for id, bot in manifests(root).items()
        if app.front or not set(bot.skills).isdisjoint(app.skills)
    }
    tables = (*TABLES, *FRONT_TABLES) if app.front else TABLES
    files = [root / "function_app.py"]
    files += [path for name in tables if (path := root / name).exists()]
    files += _manifest_files(root, bots)
    files += _library(root)
    files += with_imports(root, [*EVERY_APP, *modules_of(app.skills)])
    if app.front:
        inline = [name for name, skill in skills.items() if skill.invokes or skill.mcp]
        files += with_imports(root, modules_of(inline))
        files += [path for path in _functions(root) if path.parent.name != "skills"]
    for collection in sorted({name for bot in bots.values() for name in bot.knowledge}):
        files += sorted((root / "knowledge" / collection).rglob("*.md"))
        files += sorted((root / "knowledge" / collection).glob(FOLDER_FILE))
    copied = {path.relative_to(root).as_posix(): path for path in files}
    written = {**_written(root, app, skills), CHECKED_FILE: checked(copied)}
    return Plan(app, copied, written)


def _written(root: Path, app: App, skills: Mapping[str, Skill]) -> dict[str, bytes]:
    host = json.loads((root / "host.json").read_bytes())
    host["extensions"]["serviceBus"]["maxConcurrentSessions"] = app.declared.concurrency
    written = {"host.json": _json(host), "requirements.txt": _requirements(root, app)}
    others = [declaration(skill) for name, skill in skills.items() if name not in app.skills]
    if others:
        written[f"functions/{DECLARED_FILE}"] = _json(others)
    return written


def _requirements(root: Path, app: App) -> bytes:
    """The lock of all apps, or of this one where it needs more than they do."""
    if not app.declared.requirements:
        return (root / "requirements.txt").read_bytes()
    path = root / f"requirements-{app.name}.txt"
    locked = path.read_text().lower() if path.exists() else ""
    for requirement in app.declared.requirements:
        name = requirement.lower().partition("=")[0].partition(">")[0].partition("[")[0].strip()
        if f"{name}==" not in locked:
            raise ConfigurationError(
                f'app {app.name}: {path.name} does not lock "{requirement}"; write it with: '
                f"uv pip compile pyproject.toml - -o {path.name} --generate-hashes --universal"
            )
    return path.read_bytes()


def _manifest_files(root: Path, bots: Mapping[str, Bot]) -> list[Path]:
    environ = AsWritten(os.environ)
    paths = sorted((root / "bots").glob("[!.]*.toml"))
    found = [path for path in paths if read_bot(path, environ).id in bots]
    for path, base in version_files(root / "bots"):
        if read_version(path, base, environ).id in bots:
            found.append(path)
    return found


def _library(root: Path) -> Sequence[Path]:
    found = sorted((root / "shared").rglob("*"))
    return [path for path in found if path.suffix in LIBRARY_SUFFIXES and path.is_file()]


def _functions(root: Path) -> Sequence[Path]:
    return sorted((root / "functions").rglob("*.py"))


def _json(content: Any) -> bytes:
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()
