"""Anybody's groups, asked of Graph in the app's own name: for tokens that have too many to name."""

import time
from collections import OrderedDict
from collections.abc import Callable

from shared.clients.http import HttpClient
from shared.errors import Unavailable
from shared.identity import groups
from shared.identity.directory import Directory, EntraRefusal

KNOWN_SECONDS = 300.0
"""Groups are looked up again after these."""

MARGIN_SECONDS = 120.0
MAX_PEOPLE = 1000


class MemberGroups:
    """The app needs the application permission GroupMember.Read.All."""

    def __init__(
        self,
        directory: Directory,
        http: HttpClient,
        graph_url: str,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._directory, self._http, self._base = directory, http, graph_url
        self._clock = clock
        self._known: OrderedDict[str, tuple[float, frozenset[str]]] = OrderedDict()
        self._token, self._token_ends = "", 0.0

    async def of(self, oid: str) -> frozenset[str]:
        """Return all groups of a person, none for somebody who is not there any more.

        Raises Unavailable when Graph, or Entra, does not tell.
        """
        until, found = self._known.get(oid, (0.0, frozenset[str]()))
        if until > self._clock():
            return found
        token = await self._own_token()
        held = await groups.of_graph(self._http, self._base, token, f"users/{oid}")
        self._known[oid] = self._clock() + KNOWN_SECONDS, held or frozenset()
        self._known.move_to_end(oid)
        while len(self._known) > MAX_PEOPLE:
            self._known.popitem(last=False)
        return held or frozenset()

    async def _own_token(self) -> str:
        if self._token_ends - MARGIN_SECONDS <= self._clock():
            try:
                answer = await self._directory.grant(
                    grant_type="client_credentials", scope=groups.GRAPH_SCOPE
                )
            except EntraRefusal as refusal:
                raise Unavailable(f"no token for Graph: {refusal}") from refusal
            self._token = str(answer.get("access_token") or "")
            lifetime = str(answer.get("expires_in"))
            self._token_ends = self._clock() + (float(lifetime) if lifetime.isdecimal() else 0.0)
        return self._token
