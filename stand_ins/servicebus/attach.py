"""A client attaches a link: it is accepted, waits for a session, or is refused with a reason."""

from stand_ins.servicebus.amqp.types import Described
from stand_ins.servicebus.broker import Broker
from stand_ins.servicebus.errors import AmqpError, not_allowed
from stand_ins.servicebus.link import SESSION_FILTER, Link
from stand_ins.servicebus.queue import Queue


def attach(broker: Broker, link: Link) -> None:
    try:
        if not link.is_cbs:
            link.node = broker.resolve(link.path)
        if link.is_entity and link.to_client:
            _attach_receiver(link)
            return
        if link.is_entity and isinstance(link.node, Queue) and link.node.is_dead_letter:
            raise not_allowed("Messages cannot be sent to a dead-letter queue.")
    except AmqpError as error:
        link.refuse(error)
        return
    link.reply_attach()
    if not link.to_client:
        link.give_credit()


def _attach_receiver(link: Link) -> None:
    queue = link.node
    if not isinstance(queue, Queue):
        raise not_allowed("A topic has no messages; receive from a subscription.")
    wants_session = SESSION_FILTER in link.filters
    if not queue.settings.requires_session:
        if wants_session:
            text = "A session receiver cannot be created on an entity without sessions."
            raise AmqpError("amqp:invalid-field", text)
        link.accepted()
        queue.pump()
        return
    if not wants_session:
        text = "An entity that requires sessions cannot have a receiver without a session."
        raise not_allowed(text)
    wanted = link.filters[SESSION_FILTER]
    if queue.locks.lock(wanted.value if isinstance(wanted, Described) else wanted, link):
        link.accepted()
        queue.pump()
        return
    queue.locks.waiting.append(link)
    link.wait()
