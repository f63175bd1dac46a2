"""What the stand-in's directory knows, and how it is told to misbehave."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import jwt

from stand_ins.entra.keys import Signer
from stand_ins.entra.people import PEOPLE, Sample
from stand_ins.entra.tokens import access_token

TENANT = "c0a7c0de-0000-4000-8000-000000000001"
CLIENT_ID = "b0f0b0f0-0000-4000-8000-000000000002"
CLIENT_SECRET = "entra-secret"
GRAPH = "https://graph.microsoft.com"
MOST_GROUPS = 200
"""A token with more than these names none, and refers to Graph."""


@dataclass
class Directory:
    """`people` may sign in; who stands in `removed`, by login, is not there any more, who
    stands in `disabled` is there and may not sign in. `group_addresses` are those of groups.

    `refuses` is an error that authorize answers to everybody, `refuses_on_behalf` one of an
    exchange on behalf of somebody. `graph_status` is what Graph answers with. `asked` notes each
    grant and each look at groups.
    """

    people: tuple[Sample, ...] = PEOPLE
    removed: set[str] = field(default_factory=set)
    disabled: set[str] = field(default_factory=set)
    group_addresses: set[str] = field(default_factory=set)
    refuses: str = ""
    refuses_on_behalf: str = ""
    graph_status: int = 200
    clock: Callable[[], float] = time.time
    asked: list[str] = field(default_factory=list)
    signer: Signer = field(init=False)

    def named(self, login: str) -> Sample | None:
        """Return somebody who is still there, by login."""
        return next((p for p in self._there if p.login == login), None)

    def known(self, oid: str) -> Sample | None:
        """Return somebody who is still there, by object id."""
        return next((p for p in self._there if p.subject.oid == oid), None)

    def access(self, person: Sample, audience: str) -> str:
        """Issue a token for an API on behalf of somebody."""
        many = len(person.groups) > MOST_GROUPS
        subject = person.subject
        return access_token(self.signer, subject, audience, overage=many, clock=self.clock)

    def claims(self, token: str, audience: str) -> dict[str, Any]:
        """Read a token of ours for this API; {} for any other, or an old one."""
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self.signer.public_key,
                algorithms=["RS256"],
                audience=audience,
                options={"verify_exp": False, "verify_nbf": False, "verify_iat": False},
            )
        except jwt.PyJWTError:
            return {}
        return claims if claims["exp"] > self.clock() else {}

    @property
    def _there(self) -> list[Sample]:
        return [person for person in self.people if person.login not in self.removed]
