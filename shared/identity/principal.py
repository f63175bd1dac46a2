"""Who App Service Authentication in front of the app says is asking.

The platform takes the header from what strangers send, and puts its own in. So it is believed only
where a setting says that the platform is there.

Source: learn.microsoft.com, "Work with user identities in Azure App Service authentication".
"""

import base64
import binascii
import json
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from shared.errors import Rejected
from shared.identity.bearer import MAX_HEADER_LENGTH

HEADER = "x-ms-client-principal"
ENTRA = "aad"
_SHORT = {
    "http://schemas.microsoft.com/identity/claims/objectidentifier": "oid",
    "http://schemas.microsoft.com/identity/claims/tenantid": "tid",
    "http://schemas.microsoft.com/ws/2008/06/identity/claims/role": "roles",
}
_LISTS = ("roles", "groups")


def claims_of(header: str) -> Mapping[str, Any]:
    """Read the header as the claims of Entra's token, by their short names.

    Raises Rejected 401 for another provider's and for what cannot be read, 431 when over-long.
    """
    if len(header) > MAX_HEADER_LENGTH:
        raise Rejected(431, "principal_too_long")
    try:
        principal = json.loads(base64.b64decode(header, validate=True))
        named = [(row["typ"], row["val"]) for row in principal["claims"]]
        provider = principal["auth_typ"]
    except (ValueError, binascii.Error, KeyError, TypeError, RecursionError) as error:
        raise Rejected(401, "bad_principal") from error
    if provider != ENTRA or not all(isinstance(text, str) for row in named for text in row):
        raise Rejected(401, "principal_of_another_provider")
    values: defaultdict[str, list[str]] = defaultdict(list)
    for type, value in named:
        values[_SHORT.get(type, type)].append(value)
    if any(len(values[name]) != 1 for name in ("oid", "tid")):
        raise Rejected(401, "principal_without_oid")
    return {name: _claim(name, found) for name, found in values.items() if found or name in _LISTS}


def _claim(name: str, found: list[str]) -> Any:
    """Lists stay lists; what is JSON in a token is text here."""
    if name in _LISTS:
        return found
    if name != "_claim_names":
        return found[0]
    try:
        return json.loads(found[0])
    except ValueError:
        return {}
