"""Turns that are answered in the same HTTP response: invokes, expectReplies, skills as APIs."""

import asyncio
from dataclasses import dataclass
from random import random
from typing import Any
from uuid import uuid4

from shared.activity import FILE_CONSENT, Activity, ConversationReference
from shared.bot import Bot
from shared.dialogue.addressee import addressee
from shared.errors import Busy, Conflict, PermanentError, Rejected, TransientError
from shared.event import Event
from shared.fabric import Fabric
from shared.observability.failure import code
from shared.observability.meter import metering
from shared.parse import json_object
from shared.pipeline.door import feedback
from shared.pipeline.door.accept import arrival
from shared.pipeline.door.clicks import action_skill, first_click
from shared.pipeline.outbox import relay
from shared.pipeline.turns.commit import Outcome
from shared.pipeline.turns.manifest import manifest_for
from shared.pipeline.turns.perform import perform
from shared.pipeline.turns.spans import tell_end, turn_span
from shared.ports.channel import Inbound
from shared.records.conversation import MAX_CONFLICTS, stored
from shared.skill import Skill

MAX_BODY = 65_536
MAX_TEXT = 16_384

INVOKE_SECONDS = 4.5
"""Teams gives up on an invoke after 5 s."""


async def invoke(fabric: Fabric, inbound: Inbound) -> dict[str, Any] | None:
    """The body that answers a Teams `invoke`, {} for none; None when no skill handles it.

    A copy of the same action is answered with the first answer.
    """
    _, bot = await manifest_for(fabric, inbound.bot, inbound.reference.key)
    activity = inbound.activity
    takers = [n for n in bot.skills if activity.name in fabric.skills[n].invokes]
    if not takers:
        vote = feedback.vote_of(inbound)
        return await feedback.count_vote(fabric, inbound, vote) if vote else None
    event = await first_click(fabric, arrival(inbound), inbound)
    skill = fabric.skills[await _invoked(fabric, inbound, takers)]
    try:
        async with asyncio.timeout(INVOKE_SECONDS):
            outcome = await _directly(fabric, skill, event, collect=False)
    except TimeoutError as error:
        raise TransientError(f"skill {skill.name} did not answer an invoke in time") from error
    return outcome.answer or {}


def waits_in_queue(fabric: Fabric, inbound: Inbound) -> bool:
    """Whether an invoke is acknowledged, and done in its turn: the answer to an offered file.

    Unless a skill has a handler of its own for that.
    """
    if inbound.activity.name != FILE_CONSENT:
        return False
    return not any(FILE_CONSENT in fabric.skills[name].invokes for name in inbound.bot.skills)


async def converse(fabric: Fabric, inbound: Inbound, skill: str = "") -> list[Activity]:
    """Run the turn, and those it is handed to, now; the replies come back instead of going out.

    The same activity again gets the same replies. Raises Rejected 503 when a backend is down.
    """
    event = arrival(inbound)
    _, bot = await manifest_for(fabric, inbound.bot, inbound.reference.key)
    skills = [fabric.skills[name] for name in bot.skills]
    name = skill or addressee(bot, inbound.activity, skills)
    replies: list[Activity] = []
    while True:
        outcome = await _directly(fabric, fabric.skills[name], event, collect=True)
        key = event.conversation
        replies += [await _shown(fabric, key, reply) for reply in outcome.replies]
        if outcome.handed is None:
            return replies
        name, event = outcome.handed_to, outcome.handed


async def call(fabric: Fabric, skill: Skill, body: bytes, *, key: str = "") -> dict[str, Any]:
    """A skill as an API: `{"bot","conversation","user","text"}` -> `{"activities": [...]}`.

    With an `id`, the same request again gets the same answer. Raises Rejected 400; 403 for a key
    or a user that is not the caller's; 404 for a bot that is unknown, lacks the skill or is not
    the caller's; 409 for an `id` that was another request's; 429 when the conversation had its
    turns of this minute.
    """
    caller = fabric.callers.of(key)
    request = json_object(body, cap=MAX_BODY)
    names = ("bot", "conversation", "user", "text")
    fields = {name: value for name in names if isinstance(value := request.get(name), str)}
    named = len(fields) == len(names) and all(fields[name] for name in names[:3])
    if not named or any(len(value) > MAX_TEXT for value in fields.values()):
        raise Rejected(400, "skill_call_fields")
    bot = fabric.bots.get(fields["bot"])
    if bot is None or skill.name not in bot.skills or not caller.may_ask(bot.id):
        raise Rejected(404, "skill_call_unknown_bot")
    if not caller.speaks_for(fields["user"]):
        raise Rejected(403, "caller_user")
    id = request.get("id")
    called = ApiCall(
        bot=bot,
        conversation=fields["conversation"],
        user=fields["user"],
        text=fields["text"],
        id=id if isinstance(id, str) else "",
        caller=caller.name,
    )
    return {"activities": await called.replies(fabric, skill)}


@dataclass(frozen=True, slots=True)
class ApiCall:
    """What a program says to a skill for a user, in a conversation of channel `api`.

    A `caller` that is declared has conversations of its own, whatever they are called.
    """

    bot: Bot
    conversation: str
    user: str
    text: str
    id: str = ""
    caller: str = ""

    async def replies(self, fabric: Fabric, skill: Skill) -> list[Activity]:
        """Run the turn now. With an `id`, the same call again gets the same replies."""
        activity = Activity(
            type="message",
            id=self.id or uuid4().hex,
            text=self.text,
            channelId="api",
            **{"from": {"id": self.user}, "conversation": {"id": self.conversation}},
        )
        reference = ConversationReference(
            self.bot.id,
            "api",
            self.conversation,
            tenant=self.caller,
            user=self.user,
            reply_to=activity.id,
        )
        try:
            return await converse(fabric, Inbound(self.bot, reference, activity), skill.name)
        except Busy as error:
            raise Rejected(429, "too_many_turns", after=error.delay(0)) from None


async def _shown(fabric: Fabric, key: str, reply: Activity) -> Activity:
    """A reply with the addresses of its files, for who gets it in the answer."""
    return await fabric.files.shown(key, reply) if reply.attachments else reply


async def _directly(fabric: Fabric, skill: Skill, event: Event, *, collect: bool) -> Outcome:
    await fabric.switches.check(event.bot, skill.name)
    with turn_span(fabric, skill, event) as span, metering() as meter:
        try:
            outcome = await _once(fabric, skill, event, collect=collect)
        finally:
            fabric.ledger.carry(event)
        tell_end(span, meter, "done")
        return outcome


async def _once(fabric: Fabric, skill: Skill, event: Event, *, collect: bool) -> Outcome:
    for _ in range(4 * MAX_CONFLICTS):
        try:
            outcome = await perform(fabric, skill, event, direct=True, collect=collect)
        except Conflict:
            await asyncio.sleep(random() * 0.05)
            continue
        except PermanentError as error:
            raise Rejected(400, code(error.reason)) from None
        if outcome is not None:
            await relay.relay(fabric, event.conversation, outcome.effects)
            return outcome
    raise TransientError("others keep changing the conversation")


async def _invoked(fabric: Fabric, inbound: Inbound, takers: list[str]) -> str:
    """The skill that made the card, if it says so; else the one that holds the floor."""
    named = action_skill(inbound.activity)
    if named in takers:
        return str(named)
    conversation = await stored(fabric.store, inbound.reference.key)
    floor = conversation.floor if conversation else ""
    return floor if floor in takers else takers[0]
