"""Clicks that Teams posts twice: which activities may be copies, and the id of the first.

Teams may repeat a card action about 30 s later under a new id and timestamp. On other channels
an activity has an identity of its own (Direct Line's `clientActivityID`, WhatsApp's wamid), and
a client that tries again says the same one.
"""

import json
from dataclasses import replace

from shared.activity import Activity
from shared.dialogue.addressee import addressee
from shared.errors import Conflict
from shared.event import Event, event_id
from shared.fabric import Fabric
from shared.ports.channel import Inbound
from shared.ports.store import Create

CLICK_WINDOW_SECONDS = 90
"""Within these the same action by the same person on the same card is one click."""


def may_be_copy(fabric: Fabric, inbound: Inbound) -> bool:
    """Tell whether an equal activity under another id would be the same click.

    A refresh that no person asked for is answered with the state of now, each time; and a skill
    that says `every_click` wants them all.
    """
    activity = inbound.activity
    if activity.value is None:
        return False
    if activity.type == "invoke":
        automatic = isinstance(activity.value, dict) and activity.value.get("trigger") == (
            "automatic"
        )
        return not automatic and not _wants_all(fabric, inbound)
    on_teams = inbound.reference.channel == "teams"
    return activity.is_message and on_teams and not _wants_all(fabric, inbound)


async def first_click(fabric: Fabric, event: Event, inbound: Inbound) -> Event:
    """Return the event under the id with which this click was first seen.

    Unchanged for the first, and for what is no click. Raises Unavailable.
    """
    if not may_be_copy(fabric, inbound):
        return event
    marker = "click:" + event_id(*_identity(inbound.activity))
    create = Create(marker, {"event": event.id}, ttl=CLICK_WINDOW_SECONDS)
    try:
        await fabric.store.write(event.conversation, create)
    except Conflict:
        if first := await fabric.store.get(event.conversation, marker):
            id = str(first.body["event"])
            return replace(event, id=id, origin=id)
    return event


def action_skill(activity: Activity) -> object:
    """Return what the action of a card's `invoke` names as its skill, None when nothing."""
    action = activity.value.get("action") if isinstance(activity.value, dict) else None
    data = action.get("data") if isinstance(action, dict) else None
    return data.get("skill") if isinstance(data, dict) else None


def _identity(activity: Activity) -> list[str]:
    value = json.dumps(activity.value, sort_keys=True)
    sender = str(activity.sender.get("id"))
    return [sender, activity.name, activity.reply_to_id, activity.text, value]


def _wants_all(fabric: Fabric, inbound: Inbound) -> bool:
    bot, activity = inbound.bot, inbound.activity
    if activity.type == "invoke":
        takers = [name for name in bot.skills if activity.name in fabric.skills[name].invokes]
        named = action_skill(activity)
        name = str(named) if named in takers else next(iter(takers), bot.default_skill)
    else:
        name = addressee(bot, activity, [fabric.skills[name] for name in bot.skills])
    return fabric.skills[name].every_click
