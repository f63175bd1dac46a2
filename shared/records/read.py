"""What a turn puts on record: what it read that is not for everybody, and what it noticed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Read:
    """`kind` and `name` say what: `article` `hr/bands`; `policy` what allowed or denied it.

    `deed` is what was done to it.
    """

    kind: str
    name: str
    policy: str
    refused: bool = False
    deed: str = "read"

    @property
    def action(self) -> str:
        return f"{self.kind}.{self.deed}"
