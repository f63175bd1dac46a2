"""A token for Graph in the name of the app that people sign in with."""

import time
from collections.abc import Callable

from shared.errors import Unavailable
from shared.identity import groups
from shared.identity.directory import Directory, EntraRefusal

MARGIN_SECONDS = 120.0


class AppToken:
    def __init__(self, directory: Directory, *, clock: Callable[[], float] = time.time) -> None:
        self._directory, self._clock = directory, clock
        self._token, self._ends = "", 0.0

    async def get(self) -> str:
        """Raises Unavailable when Entra gives none."""
        if self._ends - MARGIN_SECONDS <= self._clock():
            try:
                answer = await self._directory.grant(
                    grant_type="client_credentials", scope=groups.GRAPH_SCOPE
                )
            except EntraRefusal as refusal:
                raise Unavailable(f"no token for Graph: {refusal}") from refusal
            self._token = str(answer.get("access_token") or "")
            lifetime = str(answer.get("expires_in"))
            self._ends = self._clock() + (float(lifetime) if lifetime.isdecimal() else 0.0)
        return self._token
