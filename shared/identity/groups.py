"""Somebody's groups: those of their token, or of Graph when they are too many for a token.

Source: learn.microsoft.com, "Configure group claims", "List a user's transitive memberOf".
"""

from collections.abc import Mapping
from typing import Any

from shared.clients.http import HttpClient
from shared.errors import Unavailable

GRAPH_SCOPE = "https://graph.microsoft.com/.default"
MAX_PAGES = 50


def are_too_many(claims: Mapping[str, Any]) -> bool:
    """Tell whether a token refers to Graph for the groups."""
    if isinstance(claims.get("groups"), list):
        return False
    elsewhere = claims.get("_claim_names")
    named = isinstance(elsewhere, Mapping) and "groups" in elsewhere
    return named or bool(claims.get("hasgroups"))


def named(claims: Mapping[str, Any]) -> frozenset[str]:
    """Take the groups that a token names, in lower case."""
    groups = claims.get("groups")
    found = groups if isinstance(groups, list) else [groups]
    return frozenset(id.lower() for id in found if isinstance(id, str) and id)


async def of_graph(
    http: HttpClient, base: str, token: str, who: str = "me"
) -> frozenset[str] | None:
    """Read all groups of `me`, or of `users/<object id>`, the nested ones too.

    None for who is not in the directory any more. Raises Unavailable when Graph does not tell:
    nobody is let in with a part of them.
    """
    found = set[str]()
    url = f"{base}/{who}/transitiveMemberOf?$select=id&$top=999"
    for _ in range(MAX_PAGES):
        response = await http.request("GET", url, headers={"authorization": f"Bearer {token}"})
        page = response.json()
        if response.status == 404:
            return None
        if response.status != 200 or not isinstance(page, dict):
            raise Unavailable(f"Graph answers {response.status}", after=response.retry_after)
        rows = page.get("value")
        found |= {str(row["id"]).lower() for row in rows or () if row.get("id")}
        url = str(page.get("@odata.nextLink") or "")
        if not url:
            return frozenset(found)
        if not url.startswith(f"{base}/"):
            break
    raise Unavailable("Graph does not come to an end of the groups")
