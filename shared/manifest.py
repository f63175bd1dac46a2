"""Bots from their TOML files, or one line that names file, key and what to write instead."""

import re
import tomllib
from collections.abc import Callable, Collection, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pydantic_core import SchemaValidator, ValidationError

from shared import manifest_rules, manifest_shape, schema
from shared.bot import Bot
from shared.errors import ConfigurationError

_VARIABLE = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")
_PLACE = re.compile(r" \(at (?:line (\d+), column \d+|(end of document))\)$")
_NUMBERS = frozenset(
    {
        *("requests_per_second", "transcript_days"),
        *("turns_per_user_per_day", "tokens_per_day", "budget_usd_per_month"),
    }
)


def load_bots(
    directory: Path,
    environ: Mapping[str, str],
    *,
    local: bool,
    skills: Collection[str] | None = None,
) -> dict[str, Bot]:
    """Every `*.toml` of a directory as a bot, by id.

    A string value `$NAME` is read from `environ`. `skills` are the names there are; None when
    they are not known. Raises ConfigurationError, one line, at the first mistake.
    """
    if not directory.is_dir():
        raise ConfigurationError(
            f"{directory}: no such directory; create it, or set FABRIC_BOTS_DIR to where the "
            "manifests are"
        )
    paths = sorted(p for p in directory.glob("*.toml") if not p.name.startswith("."))
    if not paths:
        raise ConfigurationError(
            f"{directory}: no *.toml in it; write one for each bot, or set FABRIC_BOTS_DIR to "
            "where they are"
        )
    bots: dict[str, Bot] = {}
    files: dict[str, Path] = {}
    for path in paths:
        bot = read_bot(path, environ)
        for key, sentence in manifest_rules.problems(bot, local=local, skills=skills):
            raise _wrong(path, key, sentence)
        if bot.id in bots:
            other = files[bot.id].as_posix()
            raise _wrong(path, "id", f'"{bot.id}" is the id in {other} already; write its own')
        bots[bot.id], files[bot.id] = bot, path
    _refuse_sharing(bots, files)
    return bots


def read_bot(path: Path, environ: Mapping[str, str]) -> Bot:
    """One manifest, right in its shape."""
    raw = _from_environ(_parse(path), environ, path)
    try:
        return bot_of(raw)
    except ValidationError as error:
        raise _wrong(path, *manifest_shape.explain(error)) from None


@cache
def _bot() -> SchemaValidator:
    return schema.validator(Bot)


def bot_of(raw: dict[str, Any]) -> Bot:
    """A bot from the content of a manifest. Raises pydantic's ValidationError."""
    bot: Bot = _bot().validate_python(raw)
    return bot


def _parse(path: Path) -> dict[str, Any]:
    content = ""
    try:
        content = path.read_bytes().decode("utf-8-sig")
        return tomllib.loads(content)
    except UnicodeDecodeError:
        raise _wrong(path, "", "not UTF-8; save it in that encoding") from None
    except OSError as error:
        raise _wrong(path, "", f"cannot be read: {error.strerror}") from None
    except tomllib.TOMLDecodeError as error:
        text = str(error)
        place = _PLACE.search(text)
        line = place[1] if place and place[1] else len(content.splitlines())
        what = _PLACE.sub("", text)
        if what.startswith(("Cannot overwrite", "Cannot declare", "Cannot mutate")):
            hint = "this key or table stands in the file already; keep one of the two"
        elif what == "Invalid value":
            hint = "not a TOML value; put text into quotes"
        else:
            hint = f"not TOML: {what[:1].lower()}{what[1:]}"
        raise _wrong(path, f"line {line}", hint) from None


def _from_environ(value: Any, environ: Mapping[str, str], path: Path, key: str = "") -> Any:
    """The value with every string `$NAME` in it replaced; numbers where a number belongs."""
    if isinstance(value, dict):
        return {
            name: _from_environ(item, environ, path, f"{key}.{name}" if key else name)
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [_from_environ(item, environ, path, key) for item in value]
    variable = _VARIABLE.fullmatch(value) if isinstance(value, str) else None
    if variable is None:
        return value
    text = environ.get(variable[1], "").strip()
    if not text:
        sentence = f"${variable[1]} is not set; set the environment variable {variable[1]}"
        raise _wrong(path, key, sentence)
    if key.rpartition(".")[2] in _NUMBERS:
        try:
            return float(text) if "." in text else int(text)
        except ValueError:
            return text
    return text


def _refuse_sharing(bots: Mapping[str, Bot], files: Mapping[str, Path]) -> None:
    """Refuse two bots at one address: an inbound message must find exactly one."""

    def refuse(key: str, address_of: Callable[[Bot], str], sentence: str) -> None:
        first: dict[str, str] = {}
        for bot in bots.values():
            address = address_of(bot)
            if address and (other := first.setdefault(address, bot.id)) != bot.id:
                belongs = f"belongs to {files[other].as_posix()} already; {sentence}"
                raise _wrong(files[bot.id], key, belongs)

    refuse(
        "channels.whatsapp.phone_number_id",
        lambda bot: bot.channels.whatsapp.phone_number_id if bot.channels.whatsapp else "",
        "write the id of another number, one for each bot",
    )
    refuse(
        "channels.teams.app_id",
        lambda bot: bot.channels.teams.app_id.casefold() if bot.channels.teams else "",
        "write the id of this bot's own app registration",
    )


def _wrong(path: Path, key: str, sentence: str) -> ConfigurationError:
    where = f"{path.as_posix()}: {key}: " if key else f"{path.as_posix()}: "
    return ConfigurationError(" ".join(f"{where}{sentence}".split()))
