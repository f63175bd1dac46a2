"""A secret's place instead of the secret: `keyvault://<vault-host>/<secret>`.

Source: learn.microsoft.com, "Azure Key Vault keys, secrets and certificates overview" (DNS
suffixes, object names).
"""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from shared.web_address import LOOPBACK

SCHEME = "keyvault://"
FORM = '"keyvault://<vault>.vault.azure.net/<secret>"'

_VAULT = re.compile(
    r"[a-z][a-z0-9-]{2,23}\.(vault\.azure\.net|vault\.azure\.cn|vault\.usgovcloudapi\.net)"
)
_NAME = re.compile(r"[0-9A-Za-z-]{1,127}")


@dataclass(frozen=True, slots=True)
class VaultReference:
    """Where to read the newest version, and the scope of the token that it takes."""

    url: str
    scope: str


def is_reference(value: str) -> bool:
    return value.startswith(SCHEME)


def parse(value: str, *, local: bool) -> VaultReference | None:
    """None when it is no reference to a secret in a vault of Azure's.

    A vault on loopback, by plain http, is one in the local environment only.
    """
    try:
        parts = urlsplit(value)
        host = parts.hostname or ""
    except ValueError:
        return None
    name = parts.path.removeprefix("/")
    if parts.scheme != "keyvault" or not _NAME.fullmatch(name) or parts.query or parts.fragment:
        return None
    path = f"/secrets/{name}?api-version=7.4"
    if local and host in LOOPBACK and parts.username is None:
        return VaultReference(f"http://{parts.netloc}{path}", "https://vault.azure.net/.default")
    vault = _VAULT.fullmatch(parts.netloc.lower())
    if vault is None:
        return None
    return VaultReference(f"https://{vault[0]}{path}", f"https://{vault[1]}/.default")
