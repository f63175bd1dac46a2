"""Signing in, as a conversation sees it: an offer, the code that closes it, and the way back."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from shared.activity import Activity, ConversationReference
from shared.bot import Bot
from shared.dialogue.phrases import phrase
from shared.event import ACTIVITY, Event
from shared.fabric import Fabric
from shared.observability import log
from shared.person import Person
from shared.pipeline.turns import sign_in_card
from shared.ports.store import Delete
from shared.records import sign_in
from shared.records.conversation import Conversation
from shared.records.sign_in import MAX_TRIES, Offer
from shared.records.signed_in import DOCUMENT, holder_of, partition_of, signed_in
from shared.turn import Turn

SIGN_IN = frozenset({"/sign-in", "/signin"})
SIGN_OUT = frozenset({"/sign-out", "/signout"})

MAX_WAITING = 5
"""So many messages are handled once the person has signed in; of more, the newest."""

RESUMED = "signed_in"
"""In an activity's event, once it is handled again because somebody has signed in for it."""

ARRIVED = "fabric/signed-in"
"""Name of the event that takes up what waited for a person to sign in on Teams."""


async def offer(
    fabric: Fabric, turn: Turn, conversation: Conversation, *, again: bool = True
) -> None:
    """Ask the person to sign in, and keep the message for after that if it comes `again`.

    What waits for an earlier offer waits for this one. Raises Unavailable when nobody can be
    signed in for now.
    """
    reference, settings = turn.reference, fabric.settings
    card = sign_in_card.by_card(turn)
    able = settings.has_directory if card else settings.signs_in
    if turn.event.type != ACTIVITY or not partition_of(reference) or not able:
        turn.reply(phrase(turn.language, "signin.nowhere"))
        return
    if reference.is_group and not reference.alone:
        turn.reply(phrase(turn.language, "signin.alone"))
        return
    waiting = conversation.open_sign_in.get("waiting", [])
    if again:
        waiting = [*waiting, [turn.skill.name, turn.event.to_dict()]][-MAX_WAITING:]
    if card:
        if person := await sign_in_card.greet(fabric, turn):
            _welcome(turn, person, {"waiting": waiting}, silent=again)
            return
    else:
        await _link(fabric, turn)
    if turn.signing_in is not None:
        turn.signing_in["waiting"] = waiting


async def took(fabric: Fabric, turn: Turn, conversation: Conversation) -> bool:
    """Whether the message was about signing in or out, and is dealt with.

    Raises Conflict when another turn takes the same code at this moment.
    """
    pending = conversation.open_sign_in
    if has_arrived(turn.activity):
        if "card" in pending:
            turn.language = conversation.language or turn.language
            _welcome(turn, await turn.person(), pending)
        return True
    if not turn.activity.is_message:
        return False
    match turn.text.strip().casefold():
        case word if word in SIGN_IN:
            await _sign_in(fabric, turn, conversation)
            return True
        case word if word in SIGN_OUT:
            await _sign_out(fabric, turn)
            return True
    if not pending or not _may_be_code(turn.text, pending):
        return False
    turn.language = conversation.language or turn.language  # a code is in no language
    person = await _proven(fabric, turn, pending)
    if person is None:
        _miss(turn, pending)
    else:
        _welcome(turn, person, pending)
    return True


async def _link(fabric: Fabric, turn: Turn) -> None:
    made, ticket = Offer.new(turn.reference.key, turn.bot.id, turn.language)
    await fabric.store.write(made.partition, made.to_op())
    link = f"{fabric.settings.public_url}/api/sign-in?ticket={ticket}"
    if turn.reference.channel == "web":  # where a link has a text, and its ticket need not show
        link = f"[{urlsplit(link).netloc}]({link})"
    turn.reply(phrase(turn.language, "signin.offer", link=link))
    turn.signing_in = {"offer": made.id, "until": made.until, "tries": 0}


def _may_be_code(text: str, pending: dict[str, Any]) -> bool:
    return sign_in_card.is_code(text) if "card" in pending else bool(sign_in.typed(text))


async def _proven(fabric: Fabric, turn: Turn, pending: dict[str, Any]) -> Person | None:
    """Find out who the code that was typed stands for."""
    if "card" in pending:
        return await sign_in_card.typed(fabric, turn, pending)
    code, partition = sign_in.typed(turn.text), partition_of(turn.reference)
    redeemed = await sign_in.redeemed(fabric.store, pending["offer"], code, by=turn.event.work_id)
    if redeemed is None:
        return None
    entry = signed_in(redeemed.person, turn.reference, redeemed.holder)
    await fabric.store.write(partition, entry)
    fabric.people.user_tokens.move(pending["offer"], partition)
    log.info("signed_in", bot=turn.bot.id, conversation=turn.event.conversation)
    return redeemed.person


def _welcome(
    turn: Turn, person: Person | None, pending: dict[str, Any], *, silent: bool = False
) -> None:
    """Say who was signed in, and take up what waited for it.

    So too while the person is not known, for want of the token service: it waits again then.
    """
    if person and not silent:
        turn.reply(phrase(turn.language, "signin.done", name=person.name))
    turn.signing_in = {}
    for skill, event in pending["waiting"]:
        turn.resumes.append((skill, _again(Event.from_dict(event))))


def _miss(turn: Turn, pending: dict[str, Any]) -> None:
    tries = pending["tries"] + 1
    over = tries >= MAX_TRIES
    turn.signing_in = {} if over else {**pending, "tries": tries}
    turn.reply(phrase(turn.language, "signin.over" if over else "signin.miss"))


async def forget(fabric: Fabric, bot: Bot, reference: ConversationReference) -> None:
    """End what is known of who speaks, here and in the token service. Raises Unavailable."""
    partition = partition_of(reference)
    holder = await holder_of(fabric.store, reference)
    await fabric.store.write(partition, Delete(DOCUMENT))
    fabric.people.user_tokens.drop(partition)
    if holder is not None:
        await fabric.people.token_service.sign_out(bot, holder)


def has_arrived(activity: Activity) -> bool:
    """Tell whether it says only that what waited for the person to sign in may go on."""
    return activity.type == "event" and activity.name == ARRIVED


def is_resumed(event: Event) -> bool:
    """Tell whether the message is handled again because somebody has signed in for it."""
    return RESUMED in event.data


async def _sign_in(fabric: Fabric, turn: Turn, conversation: Conversation) -> None:
    if person := await turn.person():
        turn.reply(phrase(turn.language, "signin.done", name=person.name))
    else:
        await offer(fabric, turn, conversation, again=False)


async def _sign_out(fabric: Fabric, turn: Turn) -> None:
    if partition_of(turn.reference):
        await forget(fabric, turn.bot, turn.reference)
    if sign_in_card.by_card(turn):
        await sign_in_card.sign_out(fabric, turn)
    turn.signing_in = {}
    turn.reply(phrase(turn.language, "signin.out"))


def _again(event: Event) -> Event:
    """The message that needed it, as new work."""
    return replace(
        event,
        id=f"{event.work_id}.in",
        data=event.data | {RESUMED: True},
        hops=event.hops + 1,
        attempt=0,
        failed="",
    )
