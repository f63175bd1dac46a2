"""Requests to `$management`: an operation by name, on a node, from a link."""

import itertools
from collections.abc import Callable, Mapping
from typing import Any

from stand_ins.servicebus.amqp.types import Array, Int, Timestamp
from stand_ins.servicebus.broker import Broker
from stand_ins.servicebus.errors import VENDOR, AmqpError, message_not_found
from stand_ins.servicebus.node import Node
from stand_ins.servicebus.queue import Outcome, Queue

Body = Mapping[str, Any]
Answer = dict[str, Any] | None
"""None: there is nothing."""

OUTCOMES = {
    "completed": Outcome.COMPLETE,
    "abandoned": Outcome.ABANDON,
    "defered": Outcome.DEFER,
    "suspended": Outcome.DEAD_LETTER,
}


def manage(
    broker: Broker, node: Node | None, operation: str, body: Any, link_name: str | None
) -> Answer:
    """Carry out one operation for a link of that name. Raise AmqpError for an unknown one."""
    name = operation.removeprefix(VENDOR)
    if node is not None and (act := _OF_NODES.get(name)):
        return act(broker, node, body)
    if isinstance(node, Queue) and (work := _OF_QUEUES.get(name)):
        return work(node, body, link_name)
    raise AmqpError("amqp:not-implemented", f"not implemented: {name}", 501)


# --- of anything that can be sent to


def _schedule(broker: Broker, node: Node, body: Body) -> Answer:
    payloads = [entry["message"] for entry in body["messages"]]
    return {"sequence-numbers": Array(broker.publish(node, payloads, scheduling=True))}


def _cancel_scheduled(broker: Broker, node: Node, body: Body) -> Answer:
    for sequence in body["sequence-numbers"]:
        if node.scheduled.pop(sequence, None) is None:
            raise message_not_found(f"No scheduled message {sequence}.")
    return {}


# --- of queues and subscriptions


def _renew_lock(queue: Queue, body: Body, link_name: str | None) -> Answer:
    messages = [queue.held(token) for token in body["lock-tokens"]]
    for message in messages:
        message.locked_until = queue.lock_end()
    return {"expirations": Array(Timestamp(message.locked_until) for message in messages)}


def _peek(queue: Queue, body: Body, link_name: str | None) -> Answer:
    stores = (queue.active, queue.locked, queue.deferred, queue.scheduled)
    everything = itertools.chain.from_iterable(store.values() for store in stores)
    found = sorted(everything, key=lambda message: message.sequence)
    found = [each for each in found if each.sequence >= body["from-sequence-number"]]
    if body.get("session-id") is not None:
        found = [each for each in found if each.session == body["session-id"]]
    found = found[: body["message-count"]]
    return {"messages": [{"message": each.encoded(peek=True)} for each in found]} if found else None


def _receive_by_sequence_number(queue: Queue, body: Body, link_name: str | None) -> Answer:
    numbers = body["sequence-numbers"]
    for number in numbers:
        if number not in queue.deferred:
            raise message_not_found(f"No deferred message {number}.")
    entries = []
    for number in numbers:
        message = queue.deferred[number]
        holder = None
        if queue.settings.requires_session:
            holder = queue.locks.owned(message.session or "", link_name).owner
        del queue.deferred[number]
        if body["receiver-settle-mode"] == 1:
            queue.lock(message, holder)
            entries.append({"message": message.encoded(), "lock-token": message.token})
        else:
            entries.append({"message": message.encoded()})
    return {"messages": entries}


def _update_disposition(queue: Queue, body: Body, link_name: str | None) -> Answer:
    outcome = OUTCOMES[body["disposition-status"]]
    reason, description = body.get("deadletter-reason"), body.get("deadletter-description")
    for token in body["lock-tokens"]:
        queue.settle(token, outcome, reason, description)
    return {}


def _session_state(queue: Queue, body: Body, link_name: str | None) -> Answer:
    return {"session-state": queue.locks.owned(body["session-id"], link_name).state}


def _set_session_state(queue: Queue, body: Body, link_name: str | None) -> Answer:
    queue.locks.owned(body["session-id"], link_name).state = body["session-state"]
    return {}


def _renew_session_lock(queue: Queue, body: Body, link_name: str | None) -> Answer:
    slot = queue.locks.owned(body["session-id"], link_name)
    return {"expiration": Timestamp(queue.locks.renew(slot))}


def _message_sessions(queue: Queue, body: Body, link_name: str | None) -> Answer:
    page = queue.locks.names()[body["skip"] : body["skip"] + body["top"]]
    return {"skip": Int(body["skip"] + len(page)), "sessions-ids": Array(page)} if page else None


_OF_NODES: dict[str, Callable[[Broker, Node, Body], Answer]] = {
    "schedule-message": _schedule,
    "cancel-scheduled-message": _cancel_scheduled,
}
_OF_QUEUES: dict[str, Callable[[Queue, Body, str | None], Answer]] = {
    "renew-lock": _renew_lock,
    "peek-message": _peek,
    "receive-by-sequence-number": _receive_by_sequence_number,
    "update-disposition": _update_disposition,
    "get-session-state": _session_state,
    "set-session-state": _set_session_state,
    "renew-session-lock": _renew_session_lock,
    "get-message-sessions": _message_sessions,
}
