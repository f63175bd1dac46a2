"""One line of the audit, and how it is kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, Self

from shared.governance.audit.canonical import canonical
from shared.ports.store import Create, Item

BEGUN, DONE, DENIED = "begun", "done", "denied"

KEPT_SECONDS = 400 * 86_400
"""An entry is kept as long as the ledger's."""

PREFIX = "audit:"
PARTITION_PREFIX = "audit-"


@dataclass(frozen=True, slots=True)
class Operator:
    """`name` is the OS user's or the token's object id; `via` is `cli` or `http`."""

    name: str
    via: str


@dataclass(frozen=True, slots=True)
class Entry:
    """Who did what to what, when, why, and what came of it.

    `number` counts the entries of its `day`. `previous` is the digest of the entry before, which
    was written at `before`. `of` names the entry of the same deed's beginning. `purpose` is a
    code of `purposes`, `policy` what allowed or denied it.
    """

    day: str = ""
    number: int = 0
    at: str = ""
    who: str = ""
    via: str = ""
    action: str = ""
    target: Mapping[str, str] = field(default_factory=dict)
    outcome: str = ""
    of: str = ""
    purpose: str = ""
    policy: str = ""
    bot: str = ""
    department: str = ""
    conversation: str = ""
    trace: str = ""
    before: str = ""
    previous: str = ""
    digest: str = field(default="", compare=False)

    @property
    def id(self) -> str:
        return f"{self.day}/{self.number}"

    @classmethod
    def from_item(cls, item: Item) -> Self:
        """Read what is kept, as it is: what was added to it stays out, and shows in the digest."""
        body = {name: value for name, value in item.body.items() if name in FIELDS}
        return cls(**body)

    @classmethod
    def from_body(cls, body: dict[str, Any]) -> Self:
        """Return the entry of this body, with the digest that it has."""
        return cls(**body | {"digest": digest_of(body)})

    def sealed(self) -> Self:
        return self.from_body(self.body)

    def to_op(self) -> Create:
        return Create(f"{PREFIX}{self.number:012d}", self.body, ttl=KEPT_SECONDS)

    def to_json(self) -> dict[str, Any]:
        return {"id": self.id, **self.body}

    @property
    def body(self) -> dict[str, Any]:
        """What is stored of it, and what `digest` is of."""
        return {name: getattr(self, name) for name in FIELDS} | {"target": dict(self.target)}

    @property
    def time(self) -> float:
        """When it was written, in Unix time."""
        return datetime.fromisoformat(self.at).timestamp()


FIELDS = tuple(Entry.__dataclass_fields__)


def digest_of(body: Mapping[str, Any]) -> str:
    """Compute the SHA-256 of an entry without its own digest; "" of what is no JSON for us."""
    try:
        return sha256(canonical({k: v for k, v in body.items() if k != "digest"})).hexdigest()
    except (ValueError, TypeError):
        return ""


def partition(day: str) -> str:
    return f"{PARTITION_PREFIX}{day}"
