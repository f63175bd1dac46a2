"""Wrong keys and wrong types of a manifest as sentences that say what to write instead."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, is_dataclass
from typing import Any, Generic, TypeVar, get_args, get_type_hints

from shared.bot import Bot
from shared.manifest.table import Fault, Mistake, Mistaken, Place

T = TypeVar("T")

_MISSING = {
    "id": 'write id = "...", the file\'s name without .toml',
    "name": 'write name = "...", what people see, such as "IT Helpdesk"',
    "owner": 'write owner = "team@contoso.example", the address that answers for the bot',
    "department": 'write department = "...", who pays for it, such as "IT"',
    "skills": 'write skills = ["router", "knowledge"], what the bot can do',
    "default_skill": 'write default_skill = "router", the skill that gets what nobody else claims',
    "channels.whatsapp.phone_number_id": (
        'write phone_number_id = "...", the id that Meta shows beside the number, or remove the '
        "table"
    ),
}
_TYPES: Mapping[type, str] = {
    str: 'write text in quotes, such as "..."',
    list: 'write a list, such as ["..."]',
    dict: "write a table",
    int: "write a whole number, without quotes",
    float: "write a number, without quotes",
    bool: "write true or false",
}
_NAME = (
    "write a name of small letters, digits and hyphens that begins with a letter, at most 40 "
    "characters"
)


@dataclass(frozen=True, slots=True)
class Form(Generic[T]):
    """What a file is made of: the dataclass, what people call it, and its missing keys' hints."""

    root: type[T]
    noun: str
    missing: Mapping[str, str]


MANIFEST = Form(Bot, "a manifest", _MISSING)


def explain(error: Mistaken, form: Form[Any] = MANIFEST) -> tuple[str, str]:
    """The key and the sentence of the first mistake.

    An unknown key goes first: it is mostly why another one is missing.
    """
    first = min(error.mistakes, key=lambda mistake: mistake.fault is not Fault.UNKNOWN)
    return dotted(first.place), _sentence(first, form)


def dotted(loc: Iterable[int | str]) -> str:
    """`("routes", "/ticket")` as `routes."/ticket"`, as TOML would write it."""
    parts = [part for part in loc if isinstance(part, str)]
    bare = re.compile(r"[A-Za-z0-9_-]+")
    return ".".join(p if bare.fullmatch(p) else json.dumps(p, ensure_ascii=False) for p in parts)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`did you mean "router"?` when one of the known words is close, else nothing."""
    from difflib import get_close_matches

    close = get_close_matches(word, list(known), n=1, cutoff=0.7)
    return f'did you mean "{close[0]}"?' if close else ""


def quoted(words: Iterable[str]) -> str:
    return ", ".join(f'"{word}"' for word in words)


def _sentence(mistake: Mistake, form: Form[Any]) -> str:
    key, value, wanted = dotted(mistake.place), mistake.value, mistake.wanted
    match mistake.fault:
        case Fault.MISSING:
            return f"missing; {form.missing.get(key, 'write it')}"
        case Fault.UNKNOWN:
            return _unknown(mistake.place, form)
        case Fault.TYPE:
            return f"has the wrong type ({_kind(value)}); {_TYPES[wanted]}"
        case Fault.CHOICE:
            return _app_type(value) if key.endswith("app_type") else _choice(value, wanted)
        case Fault.PATTERN:
            return f'"{str(value)[:60]}" is not a name; {_NAME}'
        case Fault.TOO_SHORT:
            return f"empty; {form.missing.get(key, 'write it')}"
        case Fault.TOO_LONG:
            return f"too long; write at most {wanted} characters"
        case Fault.TOO_SMALL:
            zero = "; 0 allows none, and without the key there is no limit" * _is_limit(key)
            return f"{value} is too small; write {wanted:g} or more{zero * (wanted == 0)}"
        case Fault.TOO_LARGE:
            return f"{value} is too large; write {wanted:g} or less"
        case Fault.NOT_FINITE:
            return f"{value} is no amount; write a number, or remove the key for no limit"
        case Fault.NOT_ABOVE:
            return f"{value} is too small; write more than {wanted:g}"


def _is_limit(key: str) -> bool:
    """Whether it says how much of something there may be: an absent one is no limit."""
    return key.startswith("quota.") or key == "budget_usd_per_month"


def _app_type(value: object) -> str:
    instead = 'write "SingleTenant" or "UserAssignedMSI"'
    if value == "MultiTenant":
        return f'"MultiTenant" can no longer be created; {instead}'
    return f'"{str(value)[:60]}" is no app type; {instead}'


def _choice(value: object, choices: Sequence[str]) -> str:
    instead = " or ".join(filter(None, [quoted(choices[:-1]), quoted(choices[-1:])]))
    return f'"{str(value)[:60]}" is no choice here; write {instead}'


def _unknown(place: Place, form: Form[Any]) -> str:
    """What stands where there is no such key: the likely one, a key's right table, or all."""
    *parents, last = [part for part in place if isinstance(part, str)]
    tables = dict(_tables(form.root))
    here = tables[".".join(parents)]
    where = f"[{'.'.join(parents)}]" if parents else form.noun
    if meant := did_you_mean(last, here):
        return f"unknown in {where}; {meant}"
    if homes := [
        f"[{table}]" if table else "the top" for table, keys in tables.items() if last in keys
    ]:
        return f"unknown in {where}; it belongs to {' or '.join(homes)}"
    return f"unknown in {where}; remove it, or write one of {quoted(here)}"


def _tables(cls: type, name: str = "") -> Iterable[tuple[str, list[str]]]:
    """Every table of a manifest with its keys; "" is the top."""
    hints = get_type_hints(cls)
    yield name, list(hints)
    for key, hint in hints.items():
        for kind in (hint, *get_args(hint)):
            if isinstance(kind, type) and is_dataclass(kind):
                yield from _tables(kind, f"{name}.{key}" if name else key)


def _kind(value: object) -> str:
    """What TOML calls it; never the value itself, which may be a secret."""
    names = {bool: "a boolean", int: "a whole number", float: "a number", str: "text"}
    names |= {list: "a list", dict: "a table"}
    return names.get(type(value), "a date or time")
