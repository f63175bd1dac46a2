"""That a bot read something that is not for everybody, or was refused it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Read:
    """`kind` and `name` say what: `article` `hr/bands`; `policy` what allowed or denied it."""

    kind: str
    name: str
    policy: str
    refused: bool = False

    @property
    def action(self) -> str:
        return f"{self.kind}.read"
