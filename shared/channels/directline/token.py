"""Direct Line tokens: opaque, random, kept only as their hash, good for one conversation."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

from shared.errors import Rejected
from shared.ports.store import Create, Store

LIFETIME = 1800
"""Seconds that a token is good for."""

CONVERSATION_SECONDS = 86_400
"""A conversation's tokens end this long after its first one, however often they are refreshed."""

REFRESH_SECONDS = 300
"""How old a token has to be for another one of its conversation."""

_KEPT = LIFETIME + 86_400
"""Seconds that a token is remembered, so that an expired one differs from an unknown one."""

_ITEM = "grant"


@dataclass(frozen=True, slots=True)
class Token:
    """What the bearer may do: speak as `user` with `bot` in `conversation`, from `origin`.

    `began` is when the conversation's first token was made; both are Unix times.
    """

    conversation: str
    bot: str
    user: str
    user_name: str
    origin: str
    expires: float = 0.0
    began: float = 0.0

    def is_young(self, now: float) -> bool:
        """Whether it was made a moment ago, and another one would only cost."""
        return now - (self.expires - LIFETIME) < REFRESH_SECONDS


class Tokens:
    """The tokens in the store, each in a partition named by its SHA-256."""

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock

    async def issue(self, token: Token) -> str:
        """A new secret for the same rights, good for LIFETIME from now.

        Raises Rejected 403 when the conversation has had its day.
        """
        now = self._clock()
        began = token.began or now
        if now - began > CONVERSATION_SECONDS - LIFETIME:
            raise Rejected(403, "conversation_over")
        secret = secrets.token_urlsafe(32)
        fresh = replace(token, began=began, expires=now + LIFETIME)
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
