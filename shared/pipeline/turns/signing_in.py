"""Signing in, as a conversation sees it: an offer, the code that closes it, and the way back."""

from dataclasses import replace
from time import time
from typing import Any

from shared.dialogue.phrases import phrase
from shared.event import ACTIVITY, Event
from shared.fabric import Fabric
from shared.observability import log
from shared.ports.store import Delete
from shared.records import sign_in
from shared.records.conversation import Conversation
from shared.records.sign_in import MAX_TRIES, Offer
from shared.records.signed_in import DOCUMENT, partition_of, signed_in
from shared.turn import Turn

SIGN_IN = frozenset({"/sign-in", "/signin"})
SIGN_OUT = frozenset({"/sign-out", "/signout"})


async def offer(fabric: Fabric, turn: Turn, *, again: bool = True) -> None:
    """Ask the person to sign in, and keep the message for after that if it comes `again`."""
    reference, settings = turn.reference, fabric.settings
    if turn.event.type != ACTIVITY or not partition_of(reference) or not settings.signs_in:
        turn.reply(phrase(turn.language, "signin.nowhere"))
        return
    if reference.is_group and not reference.alone:
        turn.reply(phrase(turn.language, "signin.alone"))
        return
    made, ticket = Offer.new(reference.key, turn.bot.id, turn.language)
    await fabric.store.write(made.partition, made.to_op())
    link = f"{settings.public_url}/api/sign-in?ticket={ticket}"
    turn.reply(phrase(turn.language, "signin.offer", link=link))
    turn.signing_in = {
        "offer": made.id,
        "until": made.until,
        "tries": 0,
        "skill": turn.skill.name,
        "event": turn.event.to_dict() if again else {},
    }


async def took(fabric: Fabric, turn: Turn, conversation: Conversation) -> bool:
    """Whether the message was about signing in or out, and is dealt with.

    Raises Conflict when another turn takes the same code at this moment.
    """
    if not turn.activity.is_message:
        return False
    match turn.text.strip().casefold():
        case word if word in SIGN_IN:
            await _sign_in(fabric, turn)
            return True
        case word if word in SIGN_OUT:
            await _sign_out(fabric, turn)
            return True
    pending, code = conversation.signing_in, sign_in.typed(turn.text)
    if not code or not pending or pending["until"] <= time():
        return False
    turn.language = conversation.language or turn.language  # a code is in no language
    person = await sign_in.redeemed(fabric.store, pending["offer"], code, by=turn.event.work_id)
    if person is None:
        _miss(turn, pending)
        return True
    entry = signed_in(person, turn.reference)
    await fabric.store.write(partition_of(turn.reference), entry)
    log.info("signed_in", bot=turn.bot.id, conversation=turn.event.conversation)
    turn.reply(phrase(turn.language, "signin.done", name=person.name))
    turn.signing_in = {}
    if waiting := pending["event"]:
        turn.resumes = (pending["skill"], _again(Event.from_dict(waiting)))
    return True


def _miss(turn: Turn, pending: dict[str, Any]) -> None:
    tries = pending["tries"] + 1
    over = tries >= MAX_TRIES
    turn.signing_in = {} if over else {**pending, "tries": tries}
    turn.reply(phrase(turn.language, "signin.over" if over else "signin.miss"))


async def _sign_in(fabric: Fabric, turn: Turn) -> None:
    if person := await turn.person():
        turn.reply(phrase(turn.language, "signin.done", name=person.name))
    else:
        await offer(fabric, turn, again=False)


async def _sign_out(fabric: Fabric, turn: Turn) -> None:
    if partition := partition_of(turn.reference):
        await fabric.store.write(partition, Delete(DOCUMENT))
    turn.signing_in = {}
    turn.reply(phrase(turn.language, "signin.out"))


def _again(event: Event) -> Event:
    """The message that needed it, as new work."""
    return replace(event, id=f"{event.work_id}.in", hops=event.hops + 1, attempt=0, failed="")
