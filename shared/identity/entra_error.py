"""Why Entra ID gives no token, as what to mend in a manifest.

The codes choose words and nothing else: Microsoft may change them. Source:
learn.microsoft.com, "Microsoft Entra authentication and authorization error codes".
"""

import re
from collections.abc import Mapping
from typing import Any

_CODE = re.compile(r"AADSTS(\d{4,8})")

_ADVICE = {
    "700016": (
        "tenant_id has no app with this app_id; compare both with the app registration, whose "
        "tenant must be the one of the bot"
    ),
    "7000229": (
        "the app of app_id has no service principal in the tenant of tenant_id; create it with "
        "az ad sp create --id <app_id>, or correct tenant_id"
    ),
    "7000112": "the app of app_id is disabled in its tenant; enable it in Enterprise applications",
    "90002": "tenant_id is no tenant; write the Directory (tenant) ID of the app registration",
    "900023": "tenant_id is no tenant; write the Directory (tenant) ID of the app registration",
    "7000215": (
        "client_secret is no secret of the app of app_id in the tenant of tenant_id; write the "
        "secret's Value, not its Secret ID"
    ),
    "7000222": (
        "client_secret has expired; add a secret to the app registration of app_id in the tenant "
        "of tenant_id, and put it where client_secret points"
    ),
    "700027": (
        "the certificate is not registered with the app of app_id, or has expired; upload its "
        "public part under Certificates & secrets"
    ),
    "7000214": "the certificate is revoked; register another with the app of app_id",
    "700024": "the assertion is not valid now; set the clock of this machine",
    "700211": "the app of app_id has no federated credential of this issuer",
    "700212": "the federated credential of app_id must have the audience api://AzureADTokenExchange",
    "700213": "the app of app_id has no federated credential for the identity federated_client_id",
    "70021": "the app of app_id has no federated credential for the identity federated_client_id",
    "500011": (
        "the tenant of tenant_id does not know the Bot Framework; correct tenant_id, or set "
        "FABRIC_TEAMS_TOKEN_URL to the cloud that the bot is in"
    ),
    "70011": "the scope is not known there; set FABRIC_TEAMS_TOKEN_URL to the cloud of the bot",
    "1002012": "the scope is not known there; set FABRIC_TEAMS_TOKEN_URL to the cloud of the bot",
    "53003": "a Conditional Access policy of the tenant blocks the app of app_id; except it",
}


def explain(answer: dict[str, Any], credential: str) -> str:
    """`invalid_client (AADSTS7000222): what to mend`; `credential` is the key in use.

    Entra's own words stay out: they may hold ids and addresses.
    """
    error, code = answer.get("error"), code_of(answer)
    named = error if isinstance(error, str) and re.fullmatch(r"[a-z_]{1,40}", error) else "an error"
    advice = _ADVICE.get(code, f"check app_id, {credential} and tenant_id in [channels.teams]")
    return f"{named}{f' (AADSTS{code})' if code else ''}: {advice}"


DEVICE_CODES = frozenset({"50005", "53000", "53001", "53002", "53003", "530034", "530035"})
"""Conditional Access refuses a person who signs in, for the device that they do it on."""


RENEW_CODES = frozenset(
    {"50013", "50076", "50078", "50079", "50133", "50173", "500131", "500133", "70043", "700082"}
)
"""What somebody signed in with is not enough any more: they have to do so once again."""

GONE_CODES = frozenset({"50020", "50034", "50057"})
"""The person is not in the directory any more, or is disabled there."""


def code_of(answer: Mapping[str, Any]) -> str:
    """Return the number of an `AADSTS...` error, of several the one that is known here."""
    codes = answer.get("error_codes")
    named = [str(c) for c in codes if isinstance(c, int)] if isinstance(codes, list) else []
    described = answer.get("error_description")
    named += _CODE.findall(described) if isinstance(described, str) else []
    known = [code for code in named if code in _ADVICE]
    return (known or named or [""])[0]
