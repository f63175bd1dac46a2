"""What stands in the app's folder: host.json, requirements, and every TOML file."""

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from shared.errors import ConfigurationError
from shared.manifest.access import load_access
from shared.manifest.apps import load_apps
from shared.manifest.backends import load_backends
from shared.manifest.prices import load_prices
from shared.manifest.webhooks import load_webhooks
from shared.operations.reports.doctor.mistake import Mistake, Premises
from shared.pipeline.turns.run import TURN_SECONDS

PYTHONS = ((3, 11), (3, 14))
"""The oldest and the newest that the app runs on."""

FLEX_CORES = 250
"""Cores that a subscription may have in a region before its quota is raised."""

CORES = {512: 0.25, 2048: 1.0, 4096: 2.0}

_SPAN = re.compile(r"(\d{1,2}):(\d{2}):(\d{2})")
_NAME = re.compile(r"[A-Za-z0-9._-]+")


def host_json(premises: Premises) -> Iterator[Mistake]:
    """Times and names that the code counts on."""
    try:
        host = json.loads((premises.root / "host.json").read_bytes())
        extensions = host["extensions"]
    except (OSError, ValueError, KeyError, TypeError):
        yield Mistake("host-json", "host.json", "cannot be read", "take the one of the project")
        return
    prefix = _in(extensions, "http", "routePrefix", "api")
    if prefix != "api":
        yield Mistake(
            "route-prefix",
            "host.json",
            f"routes begin with {str(prefix)[:20]!r}: no webhook's callback URL is right",
            'write "routePrefix": "api"',
        )
    if not host.get("extensionBundle"):
        yield Mistake(
            "extension-bundle",
            "host.json",
            "names no extension bundle: no queue sets a function off",
            'write "extensionBundle" with Microsoft.Azure.Functions.ExtensionBundle',
        )
    if _seconds(_in(extensions, "queues", "visibilityTimeout", "00:00:00")) < 1:
        yield Mistake(
            "hot-loop",
            "host.json",
            "a message that failed comes again at once",
            'write "visibilityTimeout": "00:00:30" under queues',
        )
    renewal = _in(extensions, "serviceBus", "maxAutoLockRenewalDuration", "00:05:00")
    if _seconds(renewal) <= TURN_SECONDS:
        yield Mistake(
            "lock-renewal",
            "host.json",
            "a lock ends before a turn may: others would run it beside",
            'write "maxAutoLockRenewalDuration": "00:09:30" under serviceBus',
        )
    timeout = host.get("functionTimeout", "00:30:00")
    if timeout != "-1" and _seconds(timeout) <= TURN_SECONDS:
        yield Mistake(
            "function-timeout",
            "host.json",
            "the host ends a function before a turn may end",
            'write "functionTimeout": "00:10:00"',
        )
    flag = premises.get("PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY")
    flag += premises.get("PYTHON_ENABLE_OPENTELEMETRY")
    if host.get("telemetryMode") == "OpenTelemetry" and not flag and not premises.local:
        yield Mistake(
            "telemetry-flag",
            "host.json",
            "telemetryMode is OpenTelemetry, and the worker's spans are dropped",
            "set PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY=true",
        )


def requirements(premises: Premises) -> Iterator[Mistake]:
    """What the project needs is what is locked; a packed app has no project file to compare."""
    project = premises.root / "pyproject.toml"
    if not project.exists():
        return
    wanted = tomllib.loads(project.read_text())["project"]["dependencies"]
    try:
        locked = (premises.root / "requirements.txt").read_text().lower()
    except OSError:
        locked = ""
    pinned = set(re.findall(r"^([a-z0-9._-]+)(?:\[[^]]*\])?==", locked, re.MULTILINE))
    for requirement in wanted:
        found = _NAME.match(requirement)
        if found and found[0].lower() not in pinned:
            yield Mistake("requirements", "requirements.txt", f"lacks {found[0]}", "run make lock")


def python(premises: Premises) -> Iterator[Mistake]:
    oldest, newest = PYTHONS
    if not oldest <= premises.python <= newest:
        yield Mistake(
            "python",
            "Python {}.{}".format(*premises.python),
            "is not one that the app runs on",
            "use 3.11 to 3.14; the cloud's is 3.13",
        )


def tables(premises: Premises) -> Iterator[Mistake]:
    """The files that are declared once for all bots."""
    environ, local, bots = premises.environ, premises.local, premises.bots
    skills = premises.skills or {name for bot in bots.values() for name in bot.skills}
    for name, load in (
        ("backends", lambda path: load_backends(path, environ, local=local)),
        ("access", lambda path: load_access(path, environ)),
        ("apps", lambda path: load_apps(path, bots, skills)),
        ("webhooks", lambda path: load_webhooks(path, environ, local=local)),
        ("prices", load_prices),
    ):
        try:
            load(_table(premises, name))
        except ConfigurationError as error:
            where, key, sentence = premises.told(error)
            yield Mistake(name, where, key or "cannot be read", sentence)


def _table(premises: Premises, name: str) -> Path:
    """Where it is; `apps.toml` is read where apps are packed, by its name alone."""
    if name == "apps":
        return premises.root / "apps.toml"
    return premises.path(f"FABRIC_{name.upper()}_FILE", f"{name}.toml")


def quota(premises: Premises) -> Iterator[Mistake]:
    """Whether all apps at their largest fit into what a subscription may have in a region."""
    skills = premises.skills or {name for bot in premises.bots.values() for name in bot.skills}
    try:
        apps = load_apps(_table(premises, "apps"), premises.bots, skills)
    except ConfigurationError:
        return
    cores = sum(CORES[app.declared.memory_mb] * app.declared.max_instances for app in apps.values())
    if cores > FLEX_CORES:
        yield Mistake(
            "quota-cores",
            "apps.toml",
            f"the apps may take {cores:g} cores, and a region has {FLEX_CORES}",
            "lower max_instances, or ask for more before the day it counts",
        )


def _in(extensions: Any, table: str, key: str, default: Any) -> Any:
    found = extensions.get(table)
    return found.get(key, default) if isinstance(found, dict) else default


def _seconds(span: Any) -> int:
    match = _SPAN.fullmatch(str(span))
    return (int(match[1]) * 60 + int(match[2])) * 60 + int(match[3]) if match else 0


CHECKS = (host_json, requirements, python, tables, quota)
