"""The state of a skill and its versions: the words that a skill and what is stored both use."""

from collections.abc import Callable
from typing import Any

State = dict[str, Any]
Migration = Callable[[State], State]

FIRST_VERSION = "v1"
"""The version of a skill that says nothing of versions."""
