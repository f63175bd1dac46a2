"""What a sent message carries so that its statuses find their way home.

Meta returns `biz_opaque_callback_data` with every status. Ids alone would not do: a `failed`
status of a message sent to a phone number names neither a user id nor a contact, while the
conversation is known by the user id (docs, "Business-scoped user IDs: status webhooks").
"""

import re

from shared.activity import ConversationReference

MAX_LENGTH = 512
_DATA = re.compile(r"fabric ([A-Za-z0-9._:=+/-]{1,300}) (.*)")


def callback_data(reference: ConversationReference, effect: str) -> str:
    return f"fabric {reference.conversation} {effect}"[:MAX_LENGTH]


def conversation_in(data: object) -> str:
    """The conversation that `callback_data` was made for, "" for what others wrote."""
    match = _DATA.fullmatch(data) if isinstance(data, str) else None
    return match[1] if match else ""


def effect_in(data: object) -> str:
    """The effect that `callback_data` was made for, "" for what others wrote."""
    match = _DATA.fullmatch(data) if isinstance(data, str) else None
    return match[2] if match else ""
