"""Further versions of a bot's manifest: `bots/<id>/<version>.toml`, the keys that are other there.

What a version may change is what the bot says and does. Who owns it, pays for it, may talk to it
and what it may call or keep is the bot's own, whichever version a conversation has.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from shared.bot import NAME, Bot
from shared.manifest import rules, shape
from shared.manifest.bots import NUMBERS, bot_of
from shared.manifest.table import Mistaken
from shared.manifest.toml_file import from_environ, parse, wrong
from shared.migration import FIRST_VERSION

VARIED = frozenset(
    {
        *("description", "instructions", "examples", "languages", "model"),
        *("skills", "default_skill", "routes", "urgent", "knowledge"),
    }
)


def version_files(directory: Path) -> Iterator[tuple[Path, Path]]:
    """Every version's file with that of the bot, in order.

    Raises ConfigurationError for a folder that is no bot's, or a name that is no version's.
    """
    versions = sorted(directory.glob("[!.]*/[!.]*.toml"))
    manifests = sorted(directory.glob("[!.]*.toml")) if versions else ()
    files = {parse(path).get("id"): path for path in manifests}
    for path in versions:
        bot = path.parent.name
        if bot not in files:
            raise wrong(path, "", f'there is no bot "{bot}"; name the folder as a bot\'s id')
        if path.stem == FIRST_VERSION or not re.fullmatch(NAME["pattern"], path.stem):
            hint = f'"{path.stem}" is no further version; name the file v2.toml, for example'
            raise wrong(path, "", hint)
        yield path, files[bot]


def merged(path: Path, base: Path) -> dict[str, Any]:
    """The manifest of the bot with the keys of the version, as written."""
    changes = parse(path)
    if foreign := sorted(changes.keys() - VARIED):
        meant = shape.did_you_mean(foreign[0], VARIED)
        may = f"a version may change {', '.join(sorted(VARIED))}"
        raise wrong(path, foreign[0], f"belongs to the bot itself; {meant or may}")
    return parse(base) | changes


def load_bot_versions(
    directory: Path,
    environ: Mapping[str, str],
    *,
    local: bool,
    skills: Collection[str] | None = None,
) -> dict[str, dict[str, Bot]]:
    """By bot the versions beside its first; none for a bot without a folder.

    Raises ConfigurationError, one line, at the first mistake.
    """
    found: dict[str, dict[str, Bot]] = {}
    for path, base in version_files(directory):
        bot = read_version(path, base, environ)
        for key, sentence in rules.problems(bot, local=local, skills=skills):
            raise wrong(path, key, sentence)
        found.setdefault(bot.id, {})[path.stem] = bot
    return found


def read_version(path: Path, base: Path, environ: Mapping[str, str]) -> Bot:
    """One version, right in its shape."""
    raw = merged(path, base)
    try:
        return bot_of(from_environ(raw, environ, path, numbers=NUMBERS))
    except Mistaken as error:
        raise wrong(path, *shape.explain(error)) from None
