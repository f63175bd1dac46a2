"""An organisation's rules over manifests: what each demands, where, from when, except for whom."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

ERROR, WARNING = "error", "warning"


@dataclass(frozen=True, slots=True)
class Rule:
    """`key` is dotted, as in the manifest. `where` narrows to bots that have these values.

    Of a list every element must do. Before `enforced_from` an error only warns. With
    `in_directory` the value has to be the address of a person or a group that Entra has: who
    has left breaks it `grace_days` after that was seen.
    """

    id: str
    says: str
    key: str
    severity: str = ERROR
    required: bool = False
    forbidden: bool = False
    one_of: Sequence[str] = ()
    matches: str = ""
    at_most: float | None = None
    at_least: float | None = None
    in_directory: bool = False
    grace_days: int = 30
    where: Mapping[str, str] = field(default_factory=dict)
    enforced_from: date | None = None

    def severity_on(self, today: date) -> str:
        early = self.enforced_from is not None and today < self.enforced_from
        return WARNING if early else self.severity

    def concerns(self, manifest: Mapping[str, Any]) -> bool:
        return all(wanted in _each(value(manifest, key)) for key, wanted in self.where.items())

    def breach(self, manifest: Mapping[str, Any]) -> str:
        """Say what is wrong and what to write, "" when the manifest keeps to the rule."""
        given = value(manifest, self.key)
        if given in (None, "", []):
            return "missing; write it" if self.required else ""
        if self.forbidden:
            return "not allowed here; remove it"
        for one in _each(given):
            if self.one_of and one not in self.one_of:
                return f"{_shown(one)} is not allowed; write one of {', '.join(self.one_of)}"
            if self.matches and not re.fullmatch(self.matches, str(one)):
                return f"{_shown(one)} is not allowed; write what matches {self.matches}"
            if self.at_most is not None and isinstance(one, int | float) and one > self.at_most:
                return f"{one} is more than {self.at_most:g}; write {self.at_most:g} or less"
            if self.at_least is not None and isinstance(one, int | float) and one < self.at_least:
                return f"{one} is less than {self.at_least:g}; write {self.at_least:g} or more"
        return ""


@dataclass(frozen=True, slots=True)
class Exempted:
    """A bot that need not keep a rule, for a reason, until the end of a day."""

    rule: str
    bot: str
    reason: str
    until: date


@dataclass(frozen=True, slots=True)
class Breach:
    """A rule that a bot breaks. `sentence` says what to write."""

    bot: str
    rule: Rule
    severity: str
    sentence: str

    @property
    def enforced(self) -> bool:
        """Whether the bot may not answer in the cloud until this is mended or excepted."""
        return self.severity == ERROR


@dataclass(frozen=True, slots=True)
class Policy:
    rules: Sequence[Rule] = ()
    exceptions: Sequence[Exempted] = ()

    def excepts(self, rule: str, bot: str, today: date) -> bool:
        return any(e.rule == rule and e.bot == bot and today <= e.until for e in self.exceptions)

    def breaches(self, bot: str, manifest: Mapping[str, Any], today: date) -> Iterator[Breach]:
        """Every rule that a manifest breaks on a day; what was excepted until then counts again."""
        for rule in self.rules:
            if self.excepts(rule.id, bot, today) or not rule.concerns(manifest):
                continue
            if sentence := rule.breach(manifest):
                yield Breach(bot, rule, rule.severity_on(today), sentence)


def value(manifest: Mapping[str, Any], key: str) -> Any:
    """What stands at a dotted key, None when nothing does."""
    found: Any = manifest
    for name in key.split("."):
        if not isinstance(found, Mapping) or name not in found:
            return None
        found = found[name]
    return found


def _each(given: Any) -> Sequence[Any]:
    """The elements of a list, the names in a table, else the value alone."""
    if isinstance(given, Mapping):
        return list(given)
    return given if isinstance(given, list) else [given]


def _shown(one: object) -> str:
    return f'"{str(one)[:60]}"'
