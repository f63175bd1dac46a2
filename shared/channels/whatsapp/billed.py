"""What Meta bills for a message, as its statuses say: category, country, and whether it is free.

Source: Meta docs, "Status messages webhook" and "Pricing": a message that is charged says so in
the status `delivered` or `read`, in any order; the rate is that of the recipient's country. It
says no amount.
"""

import re
from collections.abc import Mapping
from typing import Any

from shared.channels.whatsapp.activity import text_of

DELIVERED = frozenset({"delivered", "read", "played"})
CATEGORIES = frozenset(
    {
        *("authentication", "authentication_international", "marketing", "marketing_lite"),
        *("referral_conversion", "service", "utility"),
    }
)
FREE = frozenset({"free_customer_service", "free_entry_point"})
OTHER, NOWHERE = "other", "ZZ"
"""A category that is not known here, and a country that nothing tells."""

_USER_ID = re.compile(r"([A-Z]{2})\.[A-Za-z0-9.]+")


def meter_of(status: Mapping[str, Any], user_id: str, phone: str) -> str:
    """The meter that a status books one message on, "" for none: `whatsapp.utility.DE`."""
    pricing = status.get("pricing")
    if status.get("status") not in DELIVERED or not isinstance(pricing, dict):
        return ""
    kind, category = text_of(pricing.get("type")), text_of(pricing.get("category"))
    if kind in FREE:
        return f"whatsapp.{kind}"
    if pricing.get("billable") is False:
        return "whatsapp.not_billable"
    known = category if category in CATEGORIES else OTHER
    return f"whatsapp.{known}.{country_of(user_id, phone)}"


def country_of(user_id: str, phone: str) -> str:
    """The country in ISO 3166: a user id begins with it, else the number tells."""
    if match := _USER_ID.fullmatch(user_id):
        return match[1]
    if not (phone.isdecimal() and phone.isascii()):
        return NOWHERE
    from shared.text.identifiers.country import country_of_number

    return country_of_number(phone) or NOWHERE
