"""Direct Line tokens: opaque, random, kept only as their hash, good for one conversation."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

from shared.errors import Rejected
from shared.ports.store import Create, Store

LIFETIME = 1800
"""Seconds that a token is good for."""

_KEPT = LIFETIME + 86_400
"""Seconds that a token is remembered, so that an expired one differs from an unknown one."""

_ITEM = "grant"


@dataclass(frozen=True, slots=True)
class Token:
    """What the bearer may do: speak as `user` with `bot` in `conversation`, from `origin`.

    `expires` is a Unix time.
    """

    conversation: str
    bot: str
    user: str
    user_name: str
    origin: str
    expires: float = 0.0


class Tokens:
    """The tokens in the store, each in a partition named by its SHA-256."""

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock

    async def issue(self, token: Token) -> str:
        """A new secret for the same rights, good for LIFETIME from now."""
        secret = secrets.token_urlsafe(32)
        fresh = replace(token, expires=self._clock() + LIFETIME)
        await self._store.write(_partition(secret), Create(_ITEM, asdict(fresh), ttl=_KEPT))
        return secret

    async def read(self, secret: str) -> Token:
        """What `secret` allows. Raises Rejected: 401 when unknown, 403 when expired."""
        item = await self._store.get(_partition(secret), _ITEM)
        if item is None:
            raise Rejected(401, "token_unknown")
        token = Token(**item.body)
        if token.expires <= self._clock():
            raise Rejected(403, "token_expired")
        return token


def _partition(secret: str) -> str:
    return f"token:{hashlib.sha256(secret.encode()).hexdigest()}"
