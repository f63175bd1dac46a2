"""FABRIC_AI_MODELS: which deployments stand behind the alias that a bot names.

`{"default": "gpt-4.1-mini", "smart": ["gpt-5-mini", {"deployment": "gpt-4.1", ...}]}` in JSON,
or in short `default=gpt-4.1-mini,smart=gpt-5-mini|gpt-4.1`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from shared.errors import ConfigurationError
from shared.regions import same_region

EMBEDDING = "embedding"
"""The alias whose deployments make the vectors, when there is one."""

SCHEMES = ("azure-openai", "openai")

_FORM = 'write {"default": "<deployment>", "smart": ["<deployment>", "<next one>"]}'
_KEYS = {"deployment", "priority", "url", "key", "output_tokens", "region"}

OUTPUT_TOKENS = 1000
"""What one answer may have at most, unless a deployment says otherwise."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """What is called. The lowest priority goes first, and equals share the load.

    `url` is another resource than FABRIC_AI_URL's, and `key` its key, when it has any.
    `output_tokens` bound one answer; a model that thinks first counts that too.
    """

    name: str
    priority: int = 1
    url: str = ""
    key: str = field(default="", repr=False)
    output_tokens: int = OUTPUT_TOKENS


def read_aliases(text: str, environ: Mapping[str, str]) -> dict[str, tuple[Deployment, ...]]:
    """The deployments by alias, none for an empty text; a list is an order of preference.

    `$NAME` as a `key` is read from the environment. Raises ConfigurationError.
    """
    table = _json(text) if text.lstrip().startswith("{") else _short(text)
    return {alias: _deployments(alias, value, environ) for alias, value in table.items()}


def resource(url: str, setting: str) -> tuple[str, str]:
    """Scheme and host of `azure-openai://<host>` or `openai://<host>`."""
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES or not parts.netloc or parts.path.strip("/") or parts.query:
        raise ConfigurationError(
            f"{setting} is {url!r}; write azure-openai://<resource>.openai.azure.com or "
            "openai://<host>, without a path"
        )
    if "@" in parts.netloc:
        raise ConfigurationError(f"{setting} holds a key; write the key into FABRIC_AI_KEY")
    return parts.scheme, parts.netloc


def _json(text: str) -> dict[str, Any]:
    def unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        for name in names:
            if names.count(name) > 1:
                raise ConfigurationError(f"FABRIC_AI_MODELS names {name!r} twice; keep one")
        return dict(pairs)

    try:
        table: dict[str, Any] = json.loads(text, object_pairs_hook=unique)
    except (ValueError, RecursionError) as error:
        where = f" at character {error.pos}" if isinstance(error, json.JSONDecodeError) else ""
        raise ConfigurationError(f"FABRIC_AI_MODELS is not JSON{where}; {_FORM}") from None
    return table


def _short(text: str) -> dict[str, Any]:
    table: dict[str, Any] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        alias, equals, names = (piece.strip() for piece in part.partition("="))
        if not alias or not equals:
            raise ConfigurationError(
                f"FABRIC_AI_MODELS: {part!r} is not alias=deployment; write "
                "default=<deployment>,smart=<deployment>|<next one>"
            )
        if alias in table:
            raise ConfigurationError(f"FABRIC_AI_MODELS names {alias!r} twice; keep one")
        table[alias] = [name.strip() for name in names.split("|")]
    return table


def _deployments(alias: str, value: Any, environ: Mapping[str, str]) -> tuple[Deployment, ...]:
    entries = value if isinstance(value, list) else [value]
    if not entries:
        raise ConfigurationError(f"FABRIC_AI_MODELS: {alias!r} has no deployment; {_FORM}")
    return tuple(_deployment(alias, n, entry, environ) for n, entry in enumerate(entries, start=1))


def _deployment(alias: str, place: int, entry: Any, environ: Mapping[str, str]) -> Deployment:
    where = f"FABRIC_AI_MODELS: {alias!r}"
    if isinstance(entry, str):
        entry = {"deployment": entry}
    if not isinstance(entry, dict):
        raise ConfigurationError(f"{where}: {entry!r} is neither a name nor an object; {_FORM}")
    if unknown := sorted(set(entry) - _KEYS):
        raise ConfigurationError(
            f"{where}: unknown key {unknown[0]!r}; there are {', '.join(sorted(_KEYS))}"
        )
    name, priority = entry.get("deployment"), entry.get("priority", place)
    url, key = entry.get("url", ""), entry.get("key", "")
    if not isinstance(name, str) or not name.strip():
        raise ConfigurationError(f"{where}: a deployment has no name; {_FORM}")
    if isinstance(priority, bool) or not isinstance(priority, int):
        raise ConfigurationError(f"{where}: priority is {priority!r}; write a whole number")
    if not isinstance(url, str):
        raise ConfigurationError(f"{where}: url is {url!r}; write azure-openai://<host>")
    if url:
        resource(url, f"{where}: url")
    if not isinstance(key, str) or (key and not key.startswith("$")):
        raise ConfigurationError(f"{where}: a key does not stand here; write $NAME of a variable")
    if key and not url:
        raise ConfigurationError(f"{where}: a key needs a url; FABRIC_AI_KEY is FABRIC_AI_URL's")
    if key and not environ.get(key[1:]):
        raise ConfigurationError(f"{where}: {key} is not set; set the variable {key[1:]}")
    tokens = entry.get("output_tokens", OUTPUT_TOKENS)
    if isinstance(tokens, bool) or not isinstance(tokens, int) or tokens < 1:
        raise ConfigurationError(f"{where}: output_tokens is {tokens!r}; write 1 or more")
    _check_region(where, entry.get("region", ""), environ.get("FABRIC_REGION", ""))
    return Deployment(name.strip(), priority, url, environ[key[1:]] if key else "", tokens)


def _check_region(where: str, region: object, own: str) -> None:
    """A deployment that says where it is has to be where this app runs."""
    if not isinstance(region, str):
        raise ConfigurationError(f"{where}: region is {region!r}; write a name such as westeurope")
    if not same_region(region, own):
        raise ConfigurationError(
            f"{where}: the deployment is in {region}, and FABRIC_REGION is {own}; write one that "
            "is there"
        )
