"""What a handler is given: the turn, with all that it may ask of the platform."""

from functools import partial
from time import time

from shared.activity import Activity, ConversationReference
from shared.bot import Bot
from shared.dialogue.language import spoken
from shared.event import ACTIVITY, Event
from shared.fabric import Fabric
from shared.governance.limits import quota
from shared.pipeline.turns import delegating
from shared.pipeline.turns.asker import Asker
from shared.records.conversation import Conversation
from shared.skill import Skill
from shared.turn import Turn


def turn_of(
    fabric: Fabric, bot: Bot, skill: Skill, conversation: Conversation, event: Event
) -> Turn:
    if event.type == ACTIVITY:
        activity = Activity(event.data["activity"])
    else:
        activity = Activity(type="event", name=event.type)
    asker = asker_of(fabric, bot, skill, conversation.reference)
    person = quota.counted_person(conversation.reference)
    return Turn(
        bot=bot,
        skill=skill,
        reference=conversation.reference,
        event=event,
        activity=activity,
        state=conversation.state_for(skill.name, skill.version, skill.migrations),
        skills=[fabric.skills[name] for name in bot.skills],
        ai=fabric.ai.assistant(bot, person),
        knowledge=fabric.ai.knowledge_for(bot, asker, person),
        now=round(time(), 3),
        floor=conversation.floor,
        language=spoken(bot, conversation, event),
        about=conversation.about,
        muted=conversation.muted,
        backends=fabric.backends_for(bot, asker),
        locate=partial(fabric.locate, conversation.reference),
        delegate=partial(delegating.token, fabric, bot, conversation.reference, event),
        senses=partial(fabric.ai.senses_for, bot),
    )


def asker_of(fabric: Fabric, bot: Bot, skill: Skill, reference: ConversationReference) -> Asker:
    return Asker(fabric.store, fabric.audit, reference, bot, skill)
