"""All entities of the namespace."""

from collections.abc import Mapping, Sequence
from typing import Any

from stand_ins.servicebus.errors import not_found
from stand_ins.servicebus.faults import DUPLICATES_MADE, Faults
from stand_ins.servicebus.message import Message
from stand_ins.servicebus.node import Node
from stand_ins.servicebus.queue import DEAD_LETTER_SUFFIX, Queue
from stand_ins.servicebus.settings import EntitySettings
from stand_ins.servicebus.topic import Topic

_SUBSCRIPTIONS = "/subscriptions/"


class Broker:
    """Queues and topics by lower-case name; `auto_create` makes a queue that is asked for."""

    def __init__(self, faults: Faults | None = None, *, auto_create: bool = False) -> None:
        self.faults = faults or Faults()
        self.queues: dict[str, Queue] = {}
        self.topics: dict[str, Topic] = {}
        self._auto_create = auto_create

    def add_queue(self, name: str, settings: EntitySettings | None = None) -> Queue:
        queue = Queue(name, settings or EntitySettings(), self.faults)
        self.queues[name.lower()] = queue
        return queue

    def add_topic(
        self, name: str, settings: EntitySettings, subscriptions: Mapping[str, EntitySettings]
    ) -> None:
        made = {
            each.lower(): Queue(f"{name}/Subscriptions/{each}", own, self.faults)
            for each, own in subscriptions.items()
        }
        self.topics[name.lower()] = Topic(name, settings, made)

    def load(self, entities: Mapping[str, Any]) -> None:
        """Add what `{"queues": [...], "topics": [...]}` lists."""
        for entry in entities.get("queues", []):
            self.add_queue(entry["name"], EntitySettings.parse(entry))
        for entry in entities.get("topics", []):
            listed = entry.get("subscriptions", [])
            subscriptions = {each["name"]: EntitySettings.parse(each) for each in listed}
            self.add_topic(entry["name"], EntitySettings.parse(entry), subscriptions)

    def resolve(self, address: str) -> Node:
        """Return the node that a link address means. Raise AmqpError if there is none."""
        path = address.split("://", 1)[1].partition("/")[2] if "://" in address else address
        path = path.strip("/").lower()
        name = path.removesuffix(DEAD_LETTER_SUFFIX)
        node = self._find(name)
        if name != path and isinstance(node, Queue):
            node = node.dead_letters
        if node is None:
            raise not_found(address)
        return node

    def _find(self, name: str) -> Node | None:
        if _SUBSCRIPTIONS in name:
            topic, _, subscription = name.partition(_SUBSCRIPTIONS)
            return (
                self.topics[topic].subscriptions.get(subscription) if topic in self.topics else None
            )
        node = self.queues.get(name) or self.topics.get(name)
        if node is None and self._auto_create and "$" not in name:
            return self.add_queue(name)
        return node

    def publish(
        self, node: Node, payloads: Sequence[bytes], *, scheduling: bool = False
    ) -> list[int]:
        """Store all payloads or none. Return their sequence numbers."""
        messages = [Message(payload) for payload in payloads]
        for message in messages:
            node.check(message)
        sequences = []
        for message in messages:
            twice = not scheduling and self.faults.befalls(DUPLICATES_MADE)
            twin = message.copy() if twice else None
            sequences.append(node.accept(message))
            if twin:
                node.accept(twin)
        return sequences

    def stats(self) -> dict[str, dict[str, int]]:
        entities = {queue.name: queue.stats() for queue in self.queues.values()}
        for topic in self.topics.values():
            entities[topic.name] = {"scheduled": len(topic.scheduled)}
            entities |= {each.name: each.stats() for each in topic.subscriptions.values()}
        return entities
