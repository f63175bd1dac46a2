"""Anybody's groups, asked of Graph in the app's own name: for tokens that have too many to name."""

import time
from collections import OrderedDict
from collections.abc import Callable

from shared.clients.http import HttpClient
from shared.identity import groups
from shared.identity.app_token import AppToken

KNOWN_SECONDS = 300.0
"""Groups are looked up again after these."""

MAX_PEOPLE = 1000


class MemberGroups:
    """The app needs the application permission GroupMember.Read.All."""

    def __init__(
        self,
        token: AppToken,
        http: HttpClient,
        graph_url: str,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._token, self._http, self._base = token, http, graph_url
        self._clock = clock
        self._known: OrderedDict[str, tuple[float, frozenset[str]]] = OrderedDict()

    async def of(self, oid: str) -> frozenset[str]:
        """Return all groups of a person, none for somebody who is not there any more.

        Raises Unavailable when Graph, or Entra, does not tell.
        """
        until, found = self._known.get(oid, (0.0, frozenset[str]()))
        if until > self._clock():
            return found
        token = await self._token.get()
        held = await groups.of_graph(self._http, self._base, token, f"users/{oid}")
        self._known[oid] = self._clock() + KNOWN_SECONDS, held or frozenset()
        self._known.move_to_end(oid)
        while len(self._known) > MAX_PEOPLE:
            self._known.popitem(last=False)
        return held or frozenset()
