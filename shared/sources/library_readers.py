"""Who may read a document of SharePoint, from the permissions that Graph lists.

Groups and people of Entra are taken, and everybody in the organisation. Groups that exist in
SharePoint alone have no members that could be compared, and a link is for who has it: neither
opens a document here, so that fewer may read it than there, never more.

Source: learn.microsoft.com, "permission resource type", "sharePointIdentitySet".
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shared.knowledge.access import person_principal
from shared.knowledge.folder_access import SIGNED_IN

_GROUP_CLAIM = re.compile(
    r"c:0(?:o\.c\|federateddirectoryclaimprovider|t\.c\|tenant)\|([0-9a-f-]{36})(?:_o)?", re.I
)
"""A security group or a Microsoft 365 group, as SharePoint names it; `_o` are its owners."""

_EVERYBODY_INSIDE = re.compile(r"c:0-\.f\|rolemanager\|spo-grid-all-users/[0-9a-f-]{36}", re.I)


def readers_of(permissions: Sequence[Any]) -> frozenset[str]:
    """Groups, people and `signed-in`, as an article's `access` names them."""
    return frozenset(
        reader
        for permission in permissions
        if isinstance(permission, Mapping) and permission.get("roles")
        for identity in _identities(permission)
        for reader in _readers(identity)
    )


def _identities(permission: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    link = permission.get("link")
    if isinstance(link, Mapping) and link.get("scope") not in ("users", "existingAccess"):
        return
    several = permission.get("grantedToIdentitiesV2")
    for one in (permission.get("grantedToV2"), *(several if isinstance(several, list) else ())):
        if isinstance(one, Mapping):
            yield one


def _readers(identity: Mapping[str, Any]) -> Iterator[str]:
    group, user, site_user = (identity.get(kind) for kind in ("group", "user", "siteUser"))
    if isinstance(group, Mapping) and isinstance(group.get("id"), str):
        yield group["id"].casefold()
    if isinstance(user, Mapping) and isinstance(user.get("id"), str):
        yield person_principal(user["id"])
    login = str(site_user.get("loginName") or "") if isinstance(site_user, Mapping) else ""
    if (claim := _GROUP_CLAIM.fullmatch(login)) and not login.endswith("_o"):
        yield claim[1].casefold()
    if _EVERYBODY_INSIDE.fullmatch(login):
        yield SIGNED_IN
