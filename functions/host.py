"""What this process has: the skills that were declared in it, and its fabric."""

from functools import cache

from shared.fabric import Fabric
from shared.observability.exporters import export_spans
from shared.settings import Settings
from shared.skill import Skill

SKILLS: dict[str, Skill] = {}
"""Every skill that has a blueprint, by name."""


@cache
def fabric() -> Fabric:
    """Return this process' fabric, made from the environment at the first call."""
    settings = Settings.from_environ()
    export_spans(settings)
    return Fabric(settings, SKILLS)
