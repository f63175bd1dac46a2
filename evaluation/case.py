"""Cases: dialogues of a person with a bot, and what each reply has to be.

`bots/<id>.cases.jsonl` has one in each line:

    {"id": "vpn-1", "bot": "helpdesk", "language": "en", "group": "plain", "turns": [
        {"say": "How do I set up the VPN?", "expect": {"cites": ["it/vpn"]}},
        {"say": "hardware", "when": "category"}]}

docs/evaluation.md lists what `expect` may hold. A turn with `when` is said only if the last reply
asks for that.
"""

import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.errors import ConfigurationError

Expectation = Mapping[str, Any]
"""What must be true of a reply: all of its keys."""


@dataclass(frozen=True, slots=True)
class Line:
    """What the person says; `when`, only if the bot asks for one of these."""

    say: str
    when: tuple[str, ...] = ()
    expect: Expectation | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One dialogue, in a conversation and with a person of its own."""

    id: str
    bot: str
    language: str
    group: str
    lines: Sequence[Line]


def load(path: Path, bot: str, bots: Collection[str]) -> list[Case]:
    """Read the cases of one bot; those of the other `bots` in the file are left out.

    Raises ConfigurationError, which names file, line and what to write, at the first mistake.
    """
    cases: dict[str, Case] = {}
    for number, text in enumerate(path.read_text("utf-8").splitlines(), start=1):
        if not text.strip():
            continue
        try:
            case = _case(json.loads(text))
        except RecursionError:
            raise ConfigurationError(f"{path}:{number}: nested too deeply") from None
        except ValueError as error:
            raise ConfigurationError(f"{path}:{number}: {error}") from None
        if case.bot not in bots:
            raise ConfigurationError(
                f"{path}:{number}: bot: there is no bot {case.bot!r}; write {bot!r}"
            )
        if case.id in cases:
            raise ConfigurationError(
                f"{path}:{number}: id: {case.id!r} stands above; write another"
            )
        cases[case.id] = case
    return [case for case in cases.values() if case.bot == bot]


def _case(raw: Any) -> Case:
    if not isinstance(raw, dict):
        raise ValueError("a case is an object, {...}")
    if unknown := sorted(set(raw) - {"id", "bot", "language", "group", "turns"}):
        raise ValueError(f"{unknown[0]}: unknown key; there are id, bot, language, group, turns")
    turns = raw.get("turns")
    if not isinstance(turns, list) or not turns:
        raise ValueError('turns: write a list, such as [{"say": "..."}]')
    return Case(
        _text(raw, "id"),
        _text(raw, "bot"),
        _text(raw, "language", "en"),
        _text(raw, "group", "all"),
        [_line(turn) for turn in turns],
    )


def _line(raw: Any) -> Line:
    if not isinstance(raw, dict):
        raise ValueError('turns: a turn is an object, {"say": "..."}')
    if unknown := sorted(set(raw) - {"say", "when", "expect"}):
        raise ValueError(f"{unknown[0]}: unknown key of a turn; there are say, when, expect")
    when = _text(raw, "when", "")
    expect = raw.get("expect")
    if expect is not None:
        _check(expect)
    say = _text(raw, "say")
    return Line(say, tuple(filter(None, when.split("|"))), expect)


def _text(raw: Mapping[str, Any], key: str, default: str | None = None) -> str:
    value = raw.get(key, default)
    if not isinstance(value, str) or (default is None and not value.strip()):
        raise ValueError(f"{key}: write a text in quotes")
    return value


def _check(expect: Any) -> None:
    """Raise ValueError for an expectation that could not be judged."""
    if not isinstance(expect, dict) or not expect:
        raise ValueError('expect: write an object, such as {"cites": ["it/vpn"]}')
    for key, value in expect.items():
        kind = next((check for keys, check in _KINDS if key in keys), None)
        if kind is None:
            raise ValueError(f"expect: unknown key {key!r}; there are {', '.join(KEYS)}")
        kind(key, value)


def _expectations(key: str, value: Any) -> None:
    if not isinstance(value, list) or not value:
        raise ValueError(f"expect: {key}: write a list of expectations")
    for one in value:
        _check(one)


def _texts(key: str, value: Any) -> None:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ValueError(f"expect: {key}: write a list of texts")


def _patterns(key: str, value: Any) -> None:
    _texts(key, value)
    for pattern in value:
        _pattern(key, pattern)


def _true(key: str, value: Any) -> None:
    if value is not True:
        raise ValueError(f"expect: {key}: write true, or leave it out")


def _slots(key: str, value: Any) -> None:
    if not isinstance(value, dict):
        raise ValueError('expect: slot: write an object, such as {"urgency": "high"}')
    for pattern in value.values():
        _pattern(key, pattern)


def _language(key: str, value: Any) -> None:
    if not isinstance(value, str):
        raise ValueError(f'expect: {key}: write a text, such as "de"')


def _pattern(key: str, pattern: Any) -> None:
    try:
        re.compile(pattern)
    except (re.error, TypeError) as error:
        raise ValueError(f"expect: {key}: {pattern!r} is no regular expression: {error}") from None


_KINDS: Sequence[tuple[Collection[str], Callable[[str, Any], None]]] = (
    (("cites",), _texts),
    (("contains_any", "contains_all", "contains_none", "leaks_none"), _patterns),
    (("abstains", "offers_human", "asks", "no_citation", "opens_form", "offers_ticket"), _true),
    (("form_not_open", "filed", "not_filed", "silent"), _true),
    (("any_of", "mentions_both"), _expectations),
    (("slot",), _slots),
    (("language",), _language),
    (("ack",), _pattern),
)
KEYS = tuple(key for keys, _ in _KINDS for key in keys)
"""All that an expectation may hold."""
