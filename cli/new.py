"""`botfabric new bot|skill NAME`: a bot or a skill with its test, ready to run."""

import argparse
import re
from collections.abc import Mapping
from keyword import iskeyword
from pathlib import Path
from string import Template

from cli.scaffold import bot, skill
from shared.errors import ConfigurationError

NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
FILES: Mapping[str, Mapping[str, str]] = {"bot": bot.FILES, "skill": skill.FILES}
"""What each kind is made of: path to content, `$name`, `$module` and `$title` filled in."""

NEXT = {
    "bot": 'botfabric talk $name "hello"',
    "skill": 'add "$name" to the skills of a bot, then botfabric talk BOT "/$name hello"',
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kind", choices=tuple(FILES), help="what to make")
    parser.add_argument("name", metavar="NAME", help="small letters, digits and hyphens")


def run(arguments: argparse.Namespace, root: Path) -> int:
    """Write the files and say what to do next. Nothing that exists is changed."""
    written = write(arguments.kind, arguments.name, root)
    for path in written:
        print(f"wrote {path.relative_to(root)}")
    test = next(path for path in written if path.name.startswith("test_"))
    print(f"test  .venv/bin/python -m pytest {test.relative_to(root)}")
    print(f"next  {_filled(NEXT[arguments.kind], arguments.name)}")
    return 0


def write(kind: str, name: str, root: Path) -> list[Path]:
    """Write what a new bot or skill is made of and return the paths.

    Raises ConfigurationError for what is no name, and when one of the files exists.
    """
    if not NAME.fullmatch(name):
        raise ConfigurationError(
            f"{name!r} is not a name; write small letters, digits and hyphens, a letter first, at "
            "most 40 characters"
        )
    if iskeyword(name):
        raise ConfigurationError(f"{name!r} is a word of Python; choose another name")
    files = {
        root / _filled(path, name): _filled(content, name) for path, content in FILES[kind].items()
    }
    for path in files:
        if path.exists():
            raise ConfigurationError(
                f"{path.relative_to(root)} exists already; choose another name, or remove it first"
            )
    for path, content in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return list(files)


def _filled(text: str, name: str) -> str:
    title = name.replace("-", " ").capitalize()
    return Template(text).substitute(name=name, module=name.replace("-", "_"), title=title)
