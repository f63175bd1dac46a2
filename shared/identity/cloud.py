"""Microsoft's clouds: who signs what the connector posts, and who gives tokens.

Source: learn.microsoft.com, "Bot Framework authentication in the US Government cloud"; presets of
microsoft/teams.py. GCC is part of the public cloud.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from shared.settings import BOTFRAMEWORK_OPENID_URL, ENTRA_TOKEN_URL


@dataclass(frozen=True, slots=True)
class Cloud:
    """`scope` and `exchange` are what tokens are asked for, `token_service_url` keeps people's."""

    openid_url: str
    issuer: str
    token_url: str
    scope: str
    exchange: str
    token_service_url: str


GOVERNMENT_TOKENS = "https://tokengcch.botframework.azure.us"
DOD_TOKENS = "https://apiDoD.botframework.azure.us"

_GOVERNMENT = Cloud(
    openid_url="https://login.botframework.azure.us/v1/.well-known/openidconfiguration",
    issuer="https://api.botframework.us",
    token_url="https://login.microsoftonline.us/{tenant}/oauth2/v2.0/token",  # noqa: S106 - an address
    scope="https://api.botframework.us/.default",
    exchange="api://AzureADTokenExchangeUSGov/.default",
    token_service_url=GOVERNMENT_TOKENS,
)


CLOUDS: Mapping[str, Cloud] = {
    "public": Cloud(
        openid_url=BOTFRAMEWORK_OPENID_URL,
        issuer="https://api.botframework.com",
        token_url=ENTRA_TOKEN_URL,
        scope="https://api.botframework.com/.default",
        exchange="api://AzureADTokenExchange/.default",
        token_service_url="https://api.botframework.com",  # noqa: S106 - an address
    ),
    "gcc-high": _GOVERNMENT,
    "dod": replace(_GOVERNMENT, token_service_url=DOD_TOKENS),
}
"""By the `cloud` of a bot's `[channels.teams]`."""
