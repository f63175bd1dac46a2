"""What Teams posts when somebody signs in by the card: a token to exchange, or a code.

It is dealt with here, in the response, because no token may stand in a queue; what waits for it
is taken up by an event that says only that it may go on.

Source: learn.microsoft.com, "Add single sign-on to a Teams bot".
"""

import asyncio
import re
from dataclasses import dataclass
from time import monotonic
from typing import Any

from shared.activity import Activity
from shared.errors import Conflict, TransientError
from shared.event import event_id
from shared.fabric import Fabric
from shared.identity.token_service import Exchange
from shared.observability import log
from shared.person import Holder
from shared.pipeline.door.accept import accept
from shared.pipeline.turns.arriving import admit
from shared.pipeline.turns.signing_in import ARRIVED
from shared.ports.channel import Inbound
from shared.ports.store import Store
from shared.records.conversation import stored
from shared.records.sign_in_try import FAILED, OK, RUNNING, SignInTry
from shared.records.signed_in import partition_of

EXCHANGE, VERIFY, FAILURE = "signin/tokenExchange", "signin/verifyState", "signin/failure"
NAMES = frozenset({EXCHANGE, VERIFY, FAILURE})

ANSWER_SECONDS = 4.5
"""Teams gives up on an invoke after 5 s."""

WAIT_SECONDS = 3.0
"""How long another device's copy waits for the answer to the first."""

_FAILURE_CODE = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_CARRIED = ("from", "recipient", "conversation", "channelId", "serviceUrl", "channelData", "locale")


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: dict[str, Any] | None = None


def are_ours(inbound: Inbound) -> bool:
    """Tell whether the platform answers it: the bot signs people in by a card."""
    teams = inbound.bot.channels.teams
    return inbound.activity.name in NAMES and teams is not None and bool(teams.connection)


async def answer(fabric: Fabric, inbound: Inbound) -> Answer:
    """Sign the person in, once however many devices post it. Raises Unavailable for the store."""
    activity = inbound.activity
    if activity.name == FAILURE:
        log.warning("sign_in.client_failed", bot=inbound.bot.id, code=_failure_code(activity))
        return Answer(OK)
    exchange = Exchange.of(activity)
    proof = exchange.id if activity.name == EXCHANGE else _state(activity)
    begun = SignInTry.new(activity.name, Holder.of(activity).user, proof)
    status = await _status(fabric, inbound, exchange, begun) if proof else FAILED
    return Answer(OK) if status == OK else Answer(FAILED, _failed(exchange))


async def _status(fabric: Fabric, inbound: Inbound, exchange: Exchange, begun: SignInTry) -> int:
    partition = partition_of(inbound.reference)
    if not await _first(fabric.store, partition, begun):
        return await _answered(fabric.store, partition, begun)
    if not await _awaited(fabric, inbound, exchange):
        log.warning("sign_in.unexpected", bot=inbound.bot.id, invoke=inbound.activity.name)
        await fabric.store.write(partition, begun.answered(FAILED))
        return FAILED
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            person = await _person(fabric, inbound, exchange)
    except (TransientError, TimeoutError) as error:
        log.error("sign_in.waits", bot=inbound.bot.id, reason=str(error) or type(error).__name__)
        await _take_up(fabric, inbound, f"{begun.id}.{begun.at}")
        await fabric.store.write(partition, begun.dropped())
        return FAILED
    if person:
        await _take_up(fabric, inbound, begun.id)
    status = OK if person else FAILED
    await fabric.store.write(partition, begun.answered(status))
    return status


async def _first(store: Store, partition: str, begun: SignInTry) -> bool:
    """Claim the proof; False when another request has it."""
    try:
        await store.write(partition, begun.create())
        return True
    except Conflict:
        item = await store.get(partition, begun.id)
    if item is None or not (other := SignInTry.from_item(item)).may_be_tried:
        return False
    try:
        await store.write(partition, other.again())
    except Conflict:
        return False
    return True


async def _answered(store: Store, partition: str, begun: SignInTry) -> int:
    """Return what the first was answered; of one that takes long, that it is on its way."""
    until = monotonic() + WAIT_SECONDS
    while monotonic() < until:
        item = await store.get(partition, begun.id)
        if item is None:
            return FAILED
        if (status := SignInTry.from_item(item).status) != RUNNING:
            return status
        await asyncio.sleep(0.05)
    return OK


async def _awaited(fabric: Fabric, inbound: Inbound, exchange: Exchange) -> bool:
    """Tell whether this conversation waits for this person's proof, by this very card."""
    conversation = await stored(fabric.store, inbound.reference.key)
    pending = conversation.open_sign_in if conversation else {}
    if pending.get("holder") != Holder.of(inbound.activity).to_dict():
        return False
    if inbound.activity.name == VERIFY:
        return True
    teams = inbound.bot.channels.teams
    ours = teams is not None and exchange.connection == teams.connection
    return ours and bool(exchange.token) and exchange.id == pending["card"]


async def _person(fabric: Fabric, inbound: Inbound, exchange: Exchange) -> bool:
    service, activity = fabric.people.token_service, inbound.activity
    bot, holder = inbound.bot, Holder.of(activity)
    if activity.name == EXCHANGE:
        token = await service.exchange(bot, holder, exchange.token)
    else:
        token = await service.token(bot, holder, _state(activity))
    if not token:
        return False
    return await admit(fabric, inbound.reference, activity, token) is not None


async def _take_up(fabric: Fabric, inbound: Inbound, cause: str) -> None:
    """Put on the conversation's queue that what waits may go on. Raises Unavailable."""
    said = {name: inbound.activity[name] for name in _CARRIED if name in inbound.activity}
    event = Activity(type="event", name=ARRIVED, id=event_id(cause), **said)
    await accept(fabric, [Inbound(inbound.bot, inbound.reference.proactive(), event)])


def _state(activity: Activity) -> str:
    value = activity.value if isinstance(activity.value, dict) else {}
    state = value.get("state")
    return state if isinstance(state, str) and len(state) <= 200 else ""


def _failed(exchange: Exchange) -> dict[str, Any]:
    return {
        "id": exchange.id[:200],
        "connectionName": exchange.connection[:200],
        "failureDetail": "not signed in",
    }


def _failure_code(activity: Activity) -> str:
    value = activity.value if isinstance(activity.value, dict) else {}
    code = value.get("code")
    return code if isinstance(code, str) and _FAILURE_CODE.fullmatch(code) else ""
