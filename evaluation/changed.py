"""Which bots may answer otherwise than at a commit: by what has changed of their parts since."""

import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from shared.bot import Bot
from shared.errors import ConfigurationError

ALL = ("shared/", "functions/", "function_app.py", "requirements.txt")
"""What every bot stands on; a skill, below `functions/skills`, is that of its bots alone."""

_SKILLS = "functions/skills/"
GIT_SECONDS = 60


def changed_paths(root: Path, since: str) -> list[str]:
    """Paths of what differs below a folder from a commit, also what is not committed yet.

    Raises ConfigurationError when git does not know the commit.
    """
    if since.startswith("-"):
        raise ConfigurationError(f"--since is {since!r}; write a tag or a commit")
    told = _git(root, "diff", "--name-only", "--relative", "-z", since, "--")
    new = _git(root, "ls-files", "--others", "--exclude-standard", "-z")
    return sorted({path for path in (*told.split("\0"), *new.split("\0")) if path})


def changed_bots(paths: Iterable[str], bots: Mapping[str, Bot]) -> dict[str, str]:
    """Each bot that a path concerns, with the first of them."""
    found = dict[str, str]()
    for path in paths:
        for id, bot in bots.items():
            if id not in found and _concerns(path, bot):
                found[id] = path
    return found


def _concerns(path: str, bot: Bot) -> bool:
    parts = PurePosixPath(path).parts
    if path.startswith(_SKILLS):
        name = PurePosixPath(path).stem
        return name in (*bot.skills, "__init__")
    match parts:
        case ("bots", file):
            return file.split(".")[0] == bot.id and not file.endswith(".released.json")
        case ("knowledge", collection, *_):
            return collection in bot.knowledge
    return path.startswith(ALL)


def _git(root: Path, *arguments: str) -> str:
    command = ["git", "-C", str(root), *arguments]
    try:
        result = subprocess.run(  # noqa: S603 (no shell; --since goes to git diff as one word)
            command, capture_output=True, text=True, check=False, timeout=GIT_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ConfigurationError(f"--since asks git, which does not answer: {error}") from None
    if result.returncode:
        said = result.stderr.strip().splitlines()
        raise ConfigurationError(
            f"--since: git says {said[-1] if said else result.returncode!r}; write a tag or a "
            "commit that this checkout has (a shallow one has few)"
        )
    return result.stdout
