"""How a request to the topic goes wrong on request."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["", "hang", "drop", "lost"]


@dataclass(frozen=True)
class Fault:
    """How one request goes wrong: `status`, or `kind` hang, drop (before), lost (after)."""

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    kind: Kind = ""


DROP = Fault(kind="drop")
NO_FAULT = Fault()
