"""Where facts go outside, signed, and whose facts come in: `webhooks.toml`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from shared.bot import NAME
from shared.manifest.rows import read, tables
from shared.manifest.shape import Form
from shared.manifest.toml_file import from_environ, parse, wrong
from shared.web_address import secure

SHORTEST_SECRET = 24
"""Characters of a secret or token, at least: what people think up themselves is shorter."""


@dataclass(frozen=True)
class Outgoing:
    """Facts of these types, `ticket.*` for all that begin so, go to one address.

    `secret` signs each request; two, comma separated, both sign while one takes over.
    `bots` limits it to facts of these bots.
    """

    name: str = field(metadata=NAME)
    url: str = field(metadata={"min_length": 1})
    facts: list[str] = field(metadata={"min_length": 1})
    secret: str = field(repr=False, metadata={"min_length": 1})
    bots: list[str] = field(default_factory=list, metadata=NAME)


@dataclass(frozen=True)
class Source:
    """A system whose facts are taken: `source` and `facts` of the events that it may send."""

    name: str = field(metadata=NAME)
    token: str = field(repr=False, metadata={"min_length": 1})
    source: str = field(metadata={"min_length": 1})
    facts: list[str] = field(metadata={"min_length": 1})


@dataclass(frozen=True)
class Declared:
    """The whole file: `[[webhook]]` for what goes out, `[[source]]` for who may send in."""

    webhook: list[Outgoing] = field(default_factory=list)
    source: list[Source] = field(default_factory=list)


_OUT = Form(
    Outgoing,
    "a webhook",
    {
        "name": 'write name = "crm", small letters, digits and hyphens',
        "url": 'write url = "$CRM_WEBHOOK_URL", and set it',
        "facts": 'write facts = ["ticket.created"], or ["ticket.*"]',
        "secret": 'write secret = "$CRM_WEBHOOK_SECRET", and set it',
    },
)
_IN = Form(
    Source,
    "a source",
    {
        "name": 'write name = "crm", small letters, digits and hyphens',
        "token": 'write token = "$CRM_EVENTS_TOKEN", and set it',
        "source": 'write source = "/crm", as its events name it',
        "facts": 'write facts = ["order.shipped"], or ["order.*"]',
    },
)


def load_webhooks(path: Path, environ: Mapping[str, str], *, local: bool) -> Declared:
    """Everything that the file declares, nothing without it.

    A string value `$NAME` is read from `environ`. Raises ConfigurationError at the first mistake.
    """
    if not path.exists():
        return Declared()
    found = tables(path, from_environ(parse(path), environ, path), "webhook", "source")
    outgoing, sources = [], []
    for number, table in enumerate(found["webhook"], 1):
        place = f"webhook {number}"
        webhook = read(path, place, table, _OUT)
        for key, sentence in _out_problems(webhook, local=local):
            raise wrong(path, f"{place}: {key}", sentence)
        outgoing.append(webhook)
    for number, table in enumerate(found["source"], 1):
        place = f"source {number}"
        source = read(path, place, table, _IN)
        for key, sentence in _in_problems(source):
            raise wrong(path, f"{place}: {key}", sentence)
        sources.append(source)
    _refuse_twins(path, "webhook", [one.name for one in outgoing])
    _refuse_twins(path, "source", [one.name for one in sources])
    return Declared(outgoing, sources)


def covers(facts: list[str], type: str) -> bool:
    """Whether a fact of this type is among them."""
    return any(
        type.startswith(fact[:-1]) if fact.endswith(".*") else type == fact for fact in facts
    )


def _out_problems(webhook: Outgoing, *, local: bool) -> Iterator[tuple[str, str]]:
    if not secure(webhook.url, local=local):
        yield "url", "write an https:// URL (http:// only on loopback, and only locally)"
    elif urlsplit(webhook.url).username:
        yield "url", "has a password in it; the signature is what proves us"
    if not webhook.facts:
        yield "facts", 'empty; write facts = ["ticket.created"]'
    if any(len(secret.strip()) < SHORTEST_SECRET for secret in webhook.secret.split(",")):
        yield "secret", f"too short; write at least {SHORTEST_SECRET} random characters"


def _in_problems(source: Source) -> Iterator[tuple[str, str]]:
    if not source.facts:
        yield "facts", 'empty; write facts = ["order.shipped"]'
    if any(len(token.strip()) < SHORTEST_SECRET for token in source.token.split(",")):
        yield "token", f"too short; write at least {SHORTEST_SECRET} random characters"
    if any(fact.startswith("fabric.") for fact in source.facts):
        yield "facts", "fabric.* belongs to the platform; write a type of your own"


def _refuse_twins(path: Path, kind: str, names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise wrong(path, kind, f'"{name}" stands there twice; write its own name for each')
