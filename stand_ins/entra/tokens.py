"""What the stand-in issues: access tokens as Entra makes them, in version 2.

Source: learn.microsoft.com, "Access token claims reference".
"""

import secrets
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from stand_ins.entra.keys import Signer

LIFETIME_SECONDS = 3600
_NAMESPACE = uuid.UUID("3a0d3c4e-6f1c-4a53-9a39-8d1ccf6b2c10")


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a token is about. The object id follows from the name."""

    name: str
    roles: Sequence[str] = ()
    groups: Sequence[str] = ()

    @property
    def oid(self) -> str:
        return str(uuid.uuid5(_NAMESPACE, self.name.casefold()))


def access_token(
    signer: Signer,
    subject: Subject,
    audience: str,
    *,
    overage: bool = False,
    clock: Callable[[], float] = time.time,
) -> str:
    """Sign a token for an API, an hour long; with `overage` it refers to Graph for the groups."""
    return signer.sign(_claims(signer, subject, audience, clock, overage=overage))


def app_token(
    signer: Signer, client_id: str, audience: str, *, clock: Callable[[], float] = time.time
) -> str:
    """Sign a token for an API that vouches for an app and nobody else."""
    claims = _claims(signer, Subject(client_id), audience, clock)
    return signer.sign({**claims, "azp": client_id, "idtyp": "app"})


def id_token(
    signer: Signer,
    subject: Subject,
    client_id: str,
    *,
    nonce: str = "",
    overage: bool = False,
    clock: Callable[[], float] = time.time,
) -> str:
    """Sign who somebody is, for an app; with `overage` it refers to Graph for the groups."""
    claims = _claims(signer, subject, client_id, clock, overage=overage)
    return signer.sign({**claims, "nonce": nonce})


def _claims(
    signer: Signer,
    subject: Subject,
    audience: str,
    clock: Callable[[], float],
    *,
    overage: bool = False,
) -> dict[str, Any]:
    now = int(clock())
    claims: dict[str, Any] = {
        "aud": audience,
        "iss": signer.issuer,
        "iat": now,
        "nbf": now,
        "exp": now + LIFETIME_SECONDS,
        "tid": signer.tenant,
        "oid": subject.oid,
        "sub": subject.oid,
        "name": subject.name,
        "uti": secrets.token_urlsafe(16),
        "ver": "2.0",
    }
    if subject.roles:
        claims["roles"] = list(subject.roles)
    if overage:
        claims |= {"_claim_names": {"groups": "src1"}, "_claim_sources": {"src1": {}}}
    elif subject.groups:
        claims["groups"] = list(subject.groups)
    return claims
