"""Which of the connector's activities a bot accepts: everything to check after the token."""

import re
from collections.abc import Mapping
from typing import Any

from shared.activity import Activity
from shared.bot import TeamsChannel
from shared.channels.service_url import same_url
from shared.errors import Rejected
from shared.identity.connector_jwt import ConnectorToken

LOCAL_CHANNELS = frozenset({"msteams", "emulator", "webchat", "directline", "agents", "test"})
"""What Agents Playground and Bot Framework Emulator call themselves."""

ADVICE = {
    "audience_is_not_app_id": "app_id with the Microsoft App ID of the Azure Bot that posts here",
    "issuer_is_not_the_connector": (
        "cloud and FABRIC_TEAMS_OPENID_URL with the cloud of the Azure Bot: "
        "another service signed the token"
    ),
    "another_recipient": "app_id with the Microsoft App ID of the Azure Bot that posts here",
    "tenant_not_allowed": "tenants (without it tenant_id) with the tenant of who wrote",
}
"""What an operator compares when a genuine token was not meant for this bot, by reason code."""

_LOOPBACK_HOST = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:[0-9]{1,5})?", re.IGNORECASE)
_PROXIED = ("forwarded", "x-forwarded-for", "x-forwarded-host")


def check_envelope(activity: Activity) -> None:
    """Rejected 400 unless there is a type and a conversation to answer in."""
    conversation = activity.conversation.get("id")
    if not activity.type or not isinstance(conversation, str) or not conversation:
        raise Rejected(400, "incomplete_activity")


def check_loopback(headers: Mapping[str, str]) -> None:
    """Rejected 401 unless the caller names this machine; a tunnel or proxy is a stranger too."""
    here = _LOOPBACK_HOST.fullmatch(headers.get("host", ""))
    if not here or any(name in headers for name in _PROXIED):
        raise Rejected(401, "no_app_id_and_not_loopback")


def check_token_binding(activity: Activity, token: ConnectorToken, app_id: str) -> None:
    """Rejected 403 when token and activity name different services, channels or bots."""
    claimed, named = same_url(token.service_url), activity.service_url
    if not claimed or (named != token.service_url and same_url(named) != claimed):
        raise Rejected(403, "service_url_mismatch")
    if activity.channel_id != "msteams" or activity.channel_id not in token.endorsements:
        raise Rejected(403, "channel_not_endorsed")
    recipient = str(activity.recipient.get("id")).lower()
    if recipient.removeprefix("28:") != app_id.lower():
        raise Rejected(403, "another_recipient")


def check_tenant(activity: Activity, teams: TeamsChannel) -> str:
    """The tenant the activity comes from, in lower case; "" when it names and needs none.

    Rejected 403 when the activity contradicts itself or the tenant is not one of the bot's.
    """
    tenants = _named_tenants(activity)
    allowed = {t.lower() for t in teams.tenants or [teams.tenant_id] if t}
    if not all(isinstance(t, str) and t for t in tenants):
        raise Rejected(403, "tenant_mismatch")
    named: list[str] = sorted({t.lower() for t in tenants})
    if len(named) > 1:
        raise Rejected(403, "tenant_mismatch")
    tenant = named[0] if named else ""
    if allowed and tenant not in allowed:
        raise Rejected(403, "tenant_not_allowed")
    return tenant


def _named_tenants(activity: Activity) -> list[Any]:
    tenant = activity.channel_data.get("tenant")
    named = [
        activity.conversation.get("tenantId"),
        tenant.get("id") if isinstance(tenant, dict) else tenant,
    ]
    return [t for t in named if t is not None]
