"""A message that is typed on this machine, as the web channel takes it in."""

import secrets
from datetime import UTC, datetime

from shared.activity import Activity, ConversationReference
from shared.bot import Bot
from shared.channels.directline.channel import CHANNEL_ID
from shared.ports.channel import Inbound


def typed(
    bot: Bot, text: str, *, user: str, conversation: str, id: str = "", locale: str = ""
) -> Inbound:
    """Return the message; the bot need not be on the web. Without an `id` it gets a new one."""
    activity = Activity(
        {
            "type": "message",
            "id": id or secrets.token_hex(16),
            "text": text,
            "channelId": CHANNEL_ID,
            "timestamp": datetime.now(UTC).isoformat(),
            "conversation": {"id": conversation},
            "from": {"id": user, "role": "user"},
            "recipient": {"id": bot.id, "name": bot.name, "role": "bot"},
            **({"locale": locale} if locale else {}),
        }
    )
    reference = ConversationReference(
        bot.id, "web", conversation, user=user, channel_id=CHANNEL_ID, reply_to=activity.id
    )
    return Inbound(bot, reference, activity)
