"""Tokens for other systems on behalf of a person, from one for our own app; kept in memory alone.

Source: learn.microsoft.com, "Microsoft identity platform and OAuth 2.0 On-Behalf-Of flow".
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256

from shared.errors import Unavailable
from shared.identity.directory import Directory

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer"
MAX_TOKENS = 1000
"""So many are remembered; those used longest ago go first."""

MARGIN_SECONDS = 120.0
"""A token is not used when it ends within these."""


@dataclass(frozen=True, slots=True)
class _Token:
    value: str = field(repr=False)
    expires: float


class OnBehalf:
    def __init__(self, directory: Directory, *, clock: Callable[[], float] = time.time) -> None:
        self._directory, self._clock = directory, clock
        self._tokens: OrderedDict[tuple[bytes, str], _Token] = OrderedDict()

    async def token(self, assertion: str, scope: str) -> str:
        """Exchange a person's token for one with `scope`, or remember it.

        Raises EntraRefusal; Unavailable when Entra cannot be asked.
        """
        key = sha256(assertion.encode()).digest(), scope
        token = self._tokens.get(key)
        if token is None or token.expires - MARGIN_SECONDS <= self._clock():
            token = self._tokens[key] = await self._exchanged(assertion, scope)
        self._tokens.move_to_end(key)
        while len(self._tokens) > MAX_TOKENS:
            self._tokens.popitem(last=False)
        return token.value

    async def _exchanged(self, assertion: str, scope: str) -> _Token:
        answer = await self._directory.grant(
            grant_type=GRANT_TYPE,
            requested_token_use="on_behalf_of",  # noqa: S106 - a word
            assertion=assertion,
            scope=scope,
        )
        value, lifetime = answer.get("access_token"), str(answer.get("expires_in"))
        if not isinstance(value, str) or not value:
            raise Unavailable("Entra answers without a token")
        seconds = float(lifetime) if lifetime.isdecimal() else 0.0
        return _Token(value, self._clock() + seconds)
