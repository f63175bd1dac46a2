"""Whether somebody, or a group, is in the directory: by the address that a manifest names.

Source: learn.microsoft.com, "List users", "List groups" (Microsoft Graph). The app needs the
application permissions User.Read.All and GroupMember.Read.All.
"""

from typing import Any
from urllib.parse import urlencode

from shared.clients.http import HttpClient
from shared.errors import Unavailable
from shared.identity.app_token import AppToken


class Members:
    def __init__(self, http: HttpClient, graph_url: str, token: AppToken) -> None:
        self._http, self._base, self._token = http, graph_url, token

    async def has(self, address: str) -> bool:
        """Whether an enabled person or a group has this address. Raises Unavailable."""
        quoted = address.replace("'", "''")
        by_mail = f"mail eq '{quoted}'"
        people = await self._found(
            "users", f"{by_mail} or userPrincipalName eq '{quoted}'", "id,accountEnabled"
        )
        if any(person.get("accountEnabled") is not False for person in people):
            return True
        return bool(await self._found("groups", by_mail, "id"))

    async def _found(self, kind: str, condition: str, fields: str) -> list[dict[str, Any]]:
        query = urlencode({"$filter": condition, "$select": fields})
        headers = {"authorization": f"Bearer {await self._token.get()}"}
        response = await self._http.request("GET", f"{self._base}/{kind}?{query}", headers=headers)
        page = response.json()
        rows = page.get("value") if isinstance(page, dict) else None
        if response.status != 200 or not isinstance(rows, list):
            raise Unavailable(f"Graph answers {response.status}", after=response.retry_after)
        return [row for row in rows if isinstance(row, dict)]
