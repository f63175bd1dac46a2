"""Messages as the Teams channel hands them to the door, without a webhook before it."""

from shared.activity import Activity, ConversationReference
from shared.bot import Bot
from shared.ports.channel import Inbound

LOCAL_BOT = """
id = "echo"
name = "Echo"
owner = "bench@contoso.example"
department = "Bench"
skills = ["echo"]
default_skill = "echo"
[limits]
turns_per_second = 100000
concurrency = 1000
turns_per_minute_per_conversation = 1000000
[channels.teams]
"""


def arrival(bot: Bot, number: int, conversation: str, service_url: str) -> Inbound:
    """Message `number` of a run, said in that conversation."""
    reference = ConversationReference(
        bot=bot.id,
        channel="teams",
        conversation=conversation,
        user=f"29:{conversation}",
        account="28:echo",
        service_url=service_url,
        channel_id="msteams",
        reply_to=f"m{number}",
    )
    activity = Activity(
        {
            "type": "message",
            "id": f"m{number}",
            "text": "how do I get a new badge?",
            "channelId": "msteams",
            "serviceUrl": service_url,
            "conversation": {"id": conversation, "conversationType": "personal"},
            "from": {"id": reference.user},
        }
    )
    return Inbound(bot, reference, activity)
