"""Microsoft's clouds: who signs what the connector posts, and who gives tokens.

Source: learn.microsoft.com, "Bot Framework authentication in the US Government cloud"; presets of
microsoft/teams.py. GCC is part of the public cloud.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.settings import BOTFRAMEWORK_OPENID_URL, ENTRA_TOKEN_URL


@dataclass(frozen=True, slots=True)
class Cloud:
    """`scope` and `exchange` are what tokens are asked for."""

    openid_url: str
    issuer: str
    token_url: str
    scope: str
    exchange: str


_GOVERNMENT = Cloud(
    openid_url="https://login.botframework.azure.us/v1/.well-known/openidconfiguration",
    issuer="https://api.botframework.us",
    token_url="https://login.microsoftonline.us/{tenant}/oauth2/v2.0/token",  # noqa: S106 - an address
    scope="https://api.botframework.us/.default",
    exchange="api://AzureADTokenExchangeUSGov/.default",
)


CLOUDS: Mapping[str, Cloud] = {
    "public": Cloud(
        openid_url=BOTFRAMEWORK_OPENID_URL,
        issuer="https://api.botframework.com",
        token_url=ENTRA_TOKEN_URL,
        scope="https://api.botframework.com/.default",
        exchange="api://AzureADTokenExchange/.default",
    ),
    "gcc-high": _GOVERNMENT,
    "dod": _GOVERNMENT,
}
"""By the `cloud` of a bot's `[channels.teams]`."""
