"""What this process has: the skills that were declared in it, and its fabric."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from functions.elsewhere import read_declared
from shared.settings import Settings
from shared.skill import Skill, versions

if TYPE_CHECKING:
    from shared.fabric import Fabric

ELSEWHERE = frozenset(read_declared(Path(__file__).parent))
"""Skills whose queue another app serves."""

SKILLS: dict[str, Skill] = read_declared(Path(__file__).parent)
"""Every skill there is, by name: those with a blueprint here, and what runs elsewhere."""

FURTHER: dict[str, dict[str, Skill]] = {}
"""Versions of skills beside the first, by name and version."""


@cache
def fabric() -> "Fabric":
    """Return this process' fabric, made from the environment at the first call."""
    from shared.fabric import Fabric
    from shared.observability import log
    from shared.observability.exporters import export_spans

    settings = Settings.from_environ()
    export_spans(settings)
    if not settings.local:
        log.tell_host()
    return Fabric(settings, SKILLS, versions(SKILLS, FURTHER))
