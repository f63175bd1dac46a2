"""A configuration file in TOML, its `$NAME`s from the environment, and what is wrong in it."""

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from shared.errors import ConfigurationError
from shared.manifest.line import line_of

_VARIABLE = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")
_PLACE = re.compile(r" \(at (?:line (\d+), column \d+|(end of document))\)$")


class AsWritten(dict[str, str]):
    """An environment in which every variable is set: for whoever needs no secret of a bot."""

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name) or "1"


def parse(path: Path) -> dict[str, Any]:
    """What the file says. Raises ConfigurationError with the line that is no TOML."""
    content = ""
    try:
        content = path.read_bytes().decode("utf-8-sig")
        return tomllib.loads(content)
    except UnicodeDecodeError:
        raise wrong(path, "", "not UTF-8; save it in that encoding") from None
    except OSError as error:
        raise wrong(path, "", f"cannot be read: {error.strerror}") from None
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
        raise wrong(path, f"line {line}", hint) from None


def from_environ(
    value: Any,
    environ: Mapping[str, str],
    path: Path,
    key: str = "",
    *,
    numbers: Collection[str] = (),
) -> Any:
    """The value with every string `$NAME` in it replaced; a number for the keys `numbers`."""
    if isinstance(value, dict):
        return {
            name: from_environ(
                item, environ, path, f"{key}.{name}" if key else name, numbers=numbers
            )
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [from_environ(item, environ, path, key, numbers=numbers) for item in value]
    variable = _VARIABLE.fullmatch(value) if isinstance(value, str) else None
    if variable is None:
        return value
    text = environ.get(variable[1], "").strip()
    if not text:
        sentence = f"${variable[1]} is not set; set the environment variable {variable[1]}"
        raise wrong(path, key, sentence)
    if key.rpartition(".")[2] in numbers:
        try:
            return float(text) if "." in text else int(text)
        except ValueError:
            return text
    return text


def variables(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Every `$NAME` that `from_environ` would read: its key, dotted, and NAME."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from variables(item, f"{key}.{name}" if key else name)
    elif isinstance(value, list):
        for item in value:
            yield from variables(item, key)
    elif isinstance(value, str) and (variable := _VARIABLE.fullmatch(value)):
        yield key, variable[1]


def wrong(path: Path, key: str, sentence: str) -> ConfigurationError:
    """The error that names file, line, key and what to write, on one line."""
    line = _line_of(path, key) if key else None
    where = [path.as_posix(), f"line {line}" if line else "", key, sentence]
    return ConfigurationError(" ".join(": ".join(filter(None, where)).split()))


def _line_of(path: Path, key: str) -> int | None:
    """Where the key stands; None in a file that cannot be read, and for a key that is not there."""
    try:
        return line_of(path.read_text("utf-8-sig"), key)
    except (OSError, UnicodeDecodeError):
        return None
