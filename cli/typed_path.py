"""A path as an argument of a command."""

from pathlib import Path


def typed_path(text: str) -> Path:
    """Resolve a path against where the command is typed, which is not where the app runs."""
    return Path(text).absolute()
