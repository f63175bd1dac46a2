"""Which skills run in a function app of their own: `apps.toml`. Without it there is one app."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from shared.bot import NAME, Bot
from shared.manifest.rows import read, tables
from shared.manifest.shape import Form, did_you_mean, quoted
from shared.manifest.toml_file import parse, wrong

MAIN = "main"
"""The app of all that no other app takes: channels, platform functions, the other skills."""

MEMORY_MB = (512, 2048, 4096)
"""Sizes that an instance of Flex Consumption comes in."""


@dataclass(frozen=True)
class Declared:
    """One `[[app]]`. `name = "main"` sets the size of the app that everything else runs in.

    It takes the `skills` it names, and those that only `bots`, or only bots of `departments` or
    in `regions`, have. `concurrency` is how many sessions of a queue an instance works at once.
    """

    name: str = field(metadata=NAME)
    skills: list[str] = field(default_factory=list, metadata=NAME)
    bots: list[str] = field(default_factory=list, metadata=NAME)
    departments: list[str] = field(default_factory=list, metadata={"min_length": 1})
    regions: list[str] = field(default_factory=list, metadata={"min_length": 1})
    memory_mb: int = 2048
    max_instances: int = field(default=40, metadata={"ge": 1, "le": 1000})
    always_ready: int = field(default=0, metadata={"ge": 0, "le": 100})
    concurrency: int = field(default=8, metadata={"ge": 1, "le": 100})
    requirements: list[str] = field(default_factory=list, metadata={"min_length": 1})


@dataclass(frozen=True, slots=True)
class App:
    """One function app to pack: `skills` are those whose queues it serves.

    `front` when it has the channels and the platform's own functions as well.
    """

    name: str
    skills: tuple[str, ...]
    front: bool
    declared: Declared


_FORM = Form(Declared, "an app", {"name": 'write name = "hr", small letters, digits and hyphens'})


def load_apps(path: Path, bots: Mapping[str, Bot], skills: Collection[str]) -> dict[str, App]:
    """Every app by name, the main one first. Raises ConfigurationError at the first mistake."""
    found = tables(path, parse(path), "app")["app"] if path.exists() else []
    declared: dict[str, Declared] = {}
    owner: dict[str, str] = {}
    for number, table in enumerate(found, 1):
        place = f"app {number}"
        app = read(path, place, table, _FORM)
        if app.name in declared:
            raise wrong(path, f"{place}: name", f'"{app.name}" is an app already; write its own')
        for key, sentence in _problems(app, bots, skills):
            raise wrong(path, f"{place}: {key}", sentence)
        declared[app.name] = app
        for skill in sorted(_taken(app, bots)):
            if skill in owner:
                raise wrong(
                    path, f"{place}: skills", f'"{skill}" runs in {owner[skill]} already; keep one'
                )
            owner[skill] = app.name
    main = declared.pop(MAIN, Declared(MAIN))
    rest = tuple(sorted(name for name in skills if name not in owner))
    apps = {MAIN: App(MAIN, rest, True, main)}
    for name, app in declared.items():
        taken = tuple(sorted(skill for skill, by in owner.items() if by == name))
        apps[name] = App(name, taken, False, app)
    return apps


def _taken(app: Declared, bots: Mapping[str, Bot]) -> set[str]:
    """The skills that it names, and those that nobody but its bots has."""
    inside = [bot for bot in bots.values() if _is_of(app, bot)]
    outside = {skill for bot in bots.values() if not _is_of(app, bot) for skill in bot.skills}
    return set(app.skills) | ({skill for bot in inside for skill in bot.skills} - outside)


def _is_of(app: Declared, bot: Bot) -> bool:
    return bot.id in app.bots or bot.department in app.departments or bot.region in app.regions


def _problems(
    app: Declared, bots: Mapping[str, Bot], skills: Collection[str]
) -> Iterator[tuple[str, str]]:
    known: dict[str, Collection[str]] = {
        "skills": skills,
        "bots": bots,
        "departments": {bot.department for bot in bots.values()},
        "regions": {bot.region for bot in bots.values()},
    }
    for key, names in known.items():
        for name in getattr(app, key):
            if name not in names:
                hint = did_you_mean(name, names) or f"write one of {quoted(sorted(names))}"
                yield key, f'there is no "{name}"; {hint}'
    if app.memory_mb not in MEMORY_MB:
        yield "memory_mb", f"{app.memory_mb} is no size; write 512, 2048 or 4096"
    if app.always_ready > app.max_instances:
        yield "always_ready", "more than max_instances; write at most as many"
    if app.name == MAIN:
        if app.skills or app.bots or app.departments or app.regions:
            yield "skills", "the main app takes what no other takes; leave it out here"
    elif not _taken(app, bots):
        yield "skills", 'it would run nothing; write skills = ["knowledge"], or a bot of its own'
