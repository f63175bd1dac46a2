"""The backends there are and how hard they may be pressed: one TOML file for the platform."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from shared.manifest import table as tables
from shared.manifest.shape import Form, explain
from shared.manifest.toml_file import from_environ, parse, wrong
from shared.web_address import secure

_HEADER = re.compile(r"[A-Za-z0-9-]*")
TOOL = {"pattern": r"^[A-Za-z0-9_.-]{1,128}$"}
"""The name of a tool, as the protocol has it."""

NAME = r"[a-z][a-z0-9-]{0,39}"
NUMBERS = frozenset(
    {
        *("timeout_seconds", "tries", "requests_per_second", "concurrency"),
        *("failures", "rest_seconds"),
    }
)


def _limited(default: Any = None, **limits: Any) -> Any:
    return field(default=default, metadata=limits)


@dataclass(frozen=True)
class BreakerLimits:
    """Opens after `failures` in a row; rests so long, and up to four times as long."""

    failures: int = _limited(5, ge=1, le=100)
    rest_seconds: float = _limited(15.0, gt=0, le=300)


@dataclass(frozen=True)
class Declaration:
    """One backend. `requests_per_second` and `concurrency` hold for each process.

    `key` goes into `key_header`, as `Bearer` when that is Authorization; `scope` asks for a
    token of the app's own identity instead, or with `auth = "user"` of the person in whose name a
    skill calls. An empty `idempotency_header`: it takes no keys.
    `guarded` are fields of its answers that only bots see whose manifest names them. With
    `gateway = "apim"` calls go through API Management, which holds the key and tries again. Of a
    server of the Model Context Protocol (`kind`) `tools` may be called that read, and those in
    `writes`; of these a model's calls of `high_risk` wait for a second person.
    """

    url: str = field(metadata={"min_length": 1})
    kind: Literal["http", "mcp"] = "http"
    tools: list[str] = field(default_factory=list, metadata=TOOL)
    writes: list[str] = field(default_factory=list, metadata=TOOL)
    high_risk: list[str] = field(default_factory=list, metadata=TOOL)
    key: str = field(default="", repr=False)
    key_header: str = "Authorization"
    scope: str = ""
    auth: Literal["app", "user"] = "app"
    idempotency_header: str = "Idempotency-Key"
    timeout_seconds: float = _limited(5.0, gt=0, le=60)
    tries: int = _limited(3, ge=1, le=10)
    requests_per_second: float | None = _limited(gt=0)
    concurrency: int = _limited(16, ge=1, le=100)
    breaker: BreakerLimits = field(default_factory=BreakerLimits)
    guarded: list[str] = field(default_factory=list)
    gateway: Literal["", "apim"] = ""


_FORM = Form(
    Declaration, "a backend", {"url": 'write url = "$CRM_URL", where its API begins, and set it'}
)


def load_backends(path: Path, environ: Mapping[str, str], *, local: bool) -> dict[str, Declaration]:
    """Every table of the file as a backend, by name; none without the file.

    A string value `$NAME` is read from `environ`. Raises ConfigurationError, one line, at the
    first mistake.
    """
    if not path.exists():
        return {}
    raw = from_environ(parse(path), environ, path, numbers=NUMBERS)
    return {name: _read(path, name, table, local=local) for name, table in raw.items()}


def _read(path: Path, name: str, table: object, *, local: bool) -> Declaration:
    if not re.fullmatch(NAME, name):
        raise wrong(
            path,
            name[:60],
            "not a name; write one of small letters, digits and hyphens that begins with a "
            "letter, at most 40 characters",
        )
    if not isinstance(table, dict):
        raise wrong(path, name, f"not in a table; write it under [{name}], such as [crm]")
    try:
        declared = tables.read(Declaration, table)
    except tables.Mistaken as error:
        key, sentence = explain(error, _FORM)
        here = sentence.replace("[breaker]", f"[{name}.breaker]")
        raise wrong(path, f"{name}.{key}", here) from None
    for key, sentence in _problems(declared, local=local):
        raise wrong(path, f"{name}.{key}", sentence)
    return declared


def _problems(declared: Declaration, *, local: bool) -> Iterator[tuple[str, str]]:
    try:
        parts = urlsplit(declared.url)
        bare = not (parts.query or parts.fragment or parts.username or parts.password)
    except ValueError:
        bare = False
    if not secure(declared.url, local=local):
        yield "url", "write an https:// URL (http:// only on loopback, and only locally)"
    elif not bare:
        yield "url", "write scheme, host and path only; a key goes into key"
    for key in ("key_header", "idempotency_header"):
        name = getattr(declared, key)
        if not _HEADER.fullmatch(name) or (key == "key_header" and not name):
            yield key, f'"{name[:60]}" names no header; write letters, digits and hyphens'
    yield from _problems_of_tools(declared)
    if declared.key and declared.scope:
        yield "scope", "there is a key already; keep one of the two"
    if declared.auth == "user" and not declared.scope:
        yield (
            "scope",
            'missing; with auth = "user" write the scope of a person\'s token, such as '
            '"api://crm/.default"',
        )
    if declared.auth == "user" and declared.gateway:
        yield "gateway", 'auth = "user" goes to the backend itself; remove one of the two'
    if not (declared.key.isascii() and declared.key.isprintable()):
        yield "key", "has characters that no header takes; write it as it was issued"


def _problems_of_tools(declared: Declaration) -> Iterator[tuple[str, str]]:
    named = [*declared.tools, *declared.writes]
    if declared.kind == "mcp" and not named:
        yield (
            "tools",
            'write which tools may be called, tools = ["search"]; those that change things go '
            "into writes",
        )
    if declared.kind == "http" and named:
        yield "kind", 'only a server of tools has tools; write kind = "mcp"'
    if len(set(named)) < len(named):
        yield "writes", "a tool is named twice; it reads or it writes"
    if stray := [name for name in declared.high_risk if name not in declared.writes]:
        yield "high_risk", f'"{stray[0]}" is not in writes; add it there, or remove it'
    if declared.kind == "mcp" and declared.guarded:
        yield "guarded", "tools return text, which has no fields; leave it out"
    if declared.kind == "mcp" and declared.auth == "user":
        yield "auth", "tools are pinned for all, so they are called in the app's own name"
    if declared.kind == "mcp" and declared.gateway:
        yield "gateway", "tools are called at their server itself; leave it out"
