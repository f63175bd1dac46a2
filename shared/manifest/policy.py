"""`policy.toml`, read into rules and exceptions, and the manifests measured by it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, get_args, get_type_hints

from shared.bot import Bot
from shared.governance.policy import ERROR, WARNING, Breach, Exempted, Policy, Rule
from shared.manifest.bot_versions import merged, version_files
from shared.manifest.line import line_of
from shared.manifest.shape import did_you_mean, quoted
from shared.manifest.toml_file import parse, wrong

_TYPES: Mapping[str, tuple[type, ...]] = {
    **dict.fromkeys(("id", "says", "key", "severity", "matches", "rule", "bot", "reason"), (str,)),
    **dict.fromkeys(("required", "forbidden", "in_directory"), (bool,)),
    "grace_days": (int,),
    **dict.fromkeys(("at_most", "at_least"), (int, float)),
    **dict.fromkeys(("enforced_from", "until"), (date,)),
    "one_of": (list,),
    "where": (dict,),
}
_DEMANDS = (*("required", "forbidden", "one_of", "matches", "at_most", "at_least", "in_directory"),)


@dataclass(frozen=True, slots=True)
class Declared:
    """The whole file: each `[[rule]]`, and each `[[exception]]` to one."""

    rule: list[Rule] = field(default_factory=list)
    exception: list[Exempted] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Finding:
    """A breach, and where in which file it stands."""

    breach: Breach
    path: Path
    line: int

    def __str__(self) -> str:
        rule = self.breach.rule
        where = f"{self.path.as_posix()}:{self.line}:{rule.key}"
        return f"{where}: {self.breach.sentence} ({rule.id}: {rule.says})"


def load_policy(path: Path) -> Policy:
    """Every `[[rule]]` and `[[exception]]`; none without the file.

    Raises ConfigurationError, one line, at the first mistake.
    """
    if not path.exists():
        return Policy()
    raw = parse(path)
    for name in raw:
        if name not in ("rule", "exception"):
            raise wrong(path, name, "unknown; write [[rule]] or [[exception]]")
    rules = [_rule(path, f"rule {n}", table) for n, table in _tables(path, raw, "rule")]
    ids = [rule.id for rule in rules]
    exceptions = []
    for number, table in _tables(path, raw, "exception"):
        place = f"exception {number}"
        made = Exempted(**_checked(path, place, table, Exempted))
        if made.rule not in ids:
            raise wrong(path, f"{place}: rule", f'there is no rule "{made.rule}"; write its id')
        exceptions.append(made)
    for id in ids:
        if ids.count(id) > 1:
            raise wrong(path, "rule", f'two have the id "{id}"; write one for each')
    return Policy(rules, exceptions)


def findings(policy: Policy, bots_dir: Path, today: date) -> Iterator[Finding]:
    """Every breach of every manifest in a folder and of its versions, by file and rule."""
    manifests = {path: parse(path) for path in sorted(bots_dir.glob("[!.]*.toml"))}
    manifests |= {path: merged(path, base) for path, base in version_files(bots_dir)}
    for path, raw in manifests.items():
        manifest = with_defaults(Bot, raw)
        for breach in policy.breaches(str(raw.get("id") or path.stem), manifest, today):
            text = path.read_text("utf-8-sig")
            yield Finding(breach, path, line_of(text, breach.rule.key) or 1)


def with_defaults(cls: type, raw: Mapping[str, Any]) -> dict[str, Any]:
    """Add to what a manifest says what holds where it says nothing; a table that is not there
    and has no default stays out.
    """
    whole, hints = dict(raw), _hints(cls)
    for one in fields(cls):
        hint = hints[one.name]
        if isinstance(hint, type) and is_dataclass(hint):
            given = raw.get(one.name, {})
            whole[one.name] = with_defaults(hint, given) if isinstance(given, dict) else given
        elif one.name not in raw and one.default is not MISSING and one.default is not None:
            whole[one.name] = one.default
    return whole


@cache
def _hints(cls: type) -> dict[str, Any]:
    return get_type_hints(cls)


def _tables(path: Path, raw: Mapping[str, Any], name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    found = raw.get(name, [])
    if not isinstance(found, list):
        raise wrong(path, name, f"one table; write [[{name}]], with two brackets")
    yield from enumerate(found, start=1)


def _rule(path: Path, place: str, table: dict[str, Any]) -> Rule:
    rule = Rule(**_checked(path, place, table, Rule))
    if rule.severity not in (ERROR, WARNING):
        raise wrong(path, f"{place}: severity", f'write severity = "{ERROR}" or "{WARNING}"')
    if not any(name in table for name in _DEMANDS):
        raise wrong(path, place, f"demands nothing; write one of {', '.join(_DEMANDS)}")
    for name, key in (("key", rule.key), *(("where", key) for key in rule.where)):
        if hint := _no_key(Bot, key):
            raise wrong(path, f"{place}: {name}", f'"{key}" is no key of a manifest; {hint}')
    try:
        re.compile(rule.matches)
    except re.error as error:
        raise wrong(path, f"{place}: matches", f"no regular expression: {error}") from None
    return rule


def _no_key(cls: type, key: str) -> str:
    """What to write instead of a dotted key that a manifest has not; "" for one that it has."""
    name, _, rest = key.partition(".")
    hints = get_type_hints(cls)
    if name not in hints:
        return did_you_mean(name, hints) or f"write one of {quoted(hints)}"
    for kind in (hints[name], *get_args(hints[name])):
        if rest and isinstance(kind, type) and is_dataclass(kind):
            return _no_key(kind, rest)
    return ""


def _checked(path: Path, place: str, table: dict[str, Any], cls: type) -> dict[str, Any]:
    """The table, when its keys and types are those of the dataclass."""
    known = {one.name: one for one in fields(cls)}
    for name, given in table.items():
        if name not in known:
            meant = did_you_mean(name, known) or f"write one of {quoted(known)}"
            raise wrong(path, f"{place}: {name}", f"unknown; {meant}")
        is_flag = isinstance(given, bool) and bool not in _TYPES[name]
        if is_flag or not isinstance(given, _TYPES[name]):
            kinds = " or ".join(kind.__name__ for kind in _TYPES[name])
            raise wrong(path, f"{place}: {name}", f"has the wrong type; write a {kinds}")
    for name, one in known.items():
        if one.default is MISSING and one.default_factory is MISSING and not table.get(name):
            hint = "a date such as 2026-12-31" if name == "until" else "it"
            raise wrong(path, f"{place}: {name}", f"missing; write {hint}")
    return table
