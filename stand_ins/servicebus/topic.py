"""A topic: every subscription gets every message."""

from collections.abc import Mapping

from stand_ins.servicebus.message import Message
from stand_ins.servicebus.node import Node
from stand_ins.servicebus.queue import Queue
from stand_ins.servicebus.settings import EntitySettings


class Topic(Node):
    """There are no rules or filters."""

    def __init__(
        self, name: str, settings: EntitySettings, subscriptions: Mapping[str, Queue]
    ) -> None:
        super().__init__(name, settings)
        self.subscriptions = subscriptions

    def enqueue(self, message: Message) -> None:
        for subscription in self.subscriptions.values():
            twin = message.copy()
            twin.sequence = next(subscription.sequences)
            if self.settings.default_ttl:
                twin.ttl = min(filter(None, (twin.ttl, int(self.settings.default_ttl * 1000))))
            subscription.enqueue(twin)
