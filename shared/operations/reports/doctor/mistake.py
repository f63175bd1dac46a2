"""One mistake, and what the doctor looks at."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from shared.bot import Bot
from shared.errors import ConfigurationError
from shared.manifest import rules
from shared.manifest.bots import read_bot
from shared.manifest.toml_file import wrong

_PLACE = re.compile(r"(.+?\.toml: line \d+): ")


@dataclass(frozen=True, slots=True)
class Mistake:
    """`name` is stable, for scripts; `where` the setting or file; `fix` what to do about it.

    A `warning` lets the app run: something is cheaper, safer or fresher otherwise.
    """

    name: str
    where: str
    problem: str
    fix: str
    warning: bool = False

    def line(self) -> str:
        kind = "warning" if self.warning else "error"
        return f"{kind} {self.name}: {self.where}: {self.problem}; {self.fix}"


@dataclass(frozen=True)
class Premises:
    """`root` is the app's folder; `skills` are the names there are, None when not known."""

    root: Path
    environ: Mapping[str, str]
    local: bool
    now: float
    skills: frozenset[str] | None = None
    python: tuple[int, int] = (3, 13)
    manifest_errors: list[ConfigurationError] = field(default_factory=list, compare=False)

    def get(self, name: str) -> str:
        return self.environ.get(name, "").strip()

    def path(self, setting: str, default: str) -> Path:
        return self.root / (self.get(setting) or default)

    def told(self, error: ConfigurationError) -> tuple[str, str, str]:
        """An error of a file in its parts: which file and line, the key, the sentence."""
        text = str(error).removeprefix(f"{self.root.as_posix()}/")
        place = _PLACE.match(text)
        where = place[1] if place else text.partition(": ")[0]
        rest = text[len(where) + 2 :]
        key, _, sentence = rest.partition(": ")
        return (where, key, sentence) if sentence else (where, "", key)

    @cached_property
    def bots(self) -> dict[str, Bot]:
        """The manifests that are right; `manifest_errors` has the first mistake of the others."""
        bots = {}
        for path in sorted(self.path("FABRIC_BOTS_DIR", "bots").glob("[!.]*.toml")):
            try:
                bot = read_bot(path, self.environ)
                for key, sentence in rules.problems(bot, local=self.local, skills=self.skills):
                    raise wrong(path, key, sentence)
            except ConfigurationError as error:
                self.manifest_errors.append(error)
            else:
                bots[bot.id] = bot
        return bots


Check = Callable[[Premises], Iterator[Mistake]]
