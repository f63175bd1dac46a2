"""Anything that can be sent to: sequence numbers, duplicate detection, scheduled messages."""

import itertools
from collections import OrderedDict
from typing import Any

from stand_ins.servicebus.message import Message, State, now_ms
from stand_ins.servicebus.settings import EntitySettings
from stand_ins.servicebus.timers import later


class Node:
    """A queue, a subscription or a topic."""

    def __init__(self, name: str, settings: EntitySettings) -> None:
        self.name = name
        self.settings = settings
        self.sequences = itertools.count(1)
        self.scheduled: dict[int, Message] = {}
        self._history: OrderedDict[Any, int] = OrderedDict()
        """The time at which each message id was seen."""

    def enqueue(self, message: Message) -> None:
        raise NotImplementedError

    def check(self, message: Message) -> None:
        """Raise AmqpError if the message cannot be sent here."""

    def accept(self, message: Message) -> int:
        """Take one message from a sender. Return its sequence number, 0 for a dropped duplicate."""
        if self._is_duplicate(message):
            return 0
        message.sequence = message.enqueued_sequence = next(self.sequences)
        due = message.scheduled_for
        if due and due > now_ms():
            message.state = State.SCHEDULED
            self.scheduled[message.sequence] = message
            later(due, self._activate, message.sequence)
        else:
            self.enqueue(message)
        return message.sequence

    def _is_duplicate(self, message: Message) -> bool:
        window = self.settings.duplicate_detection_seconds
        if not window or message.message_id is None:
            return False
        oldest = now_ms() - window * 1000
        while self._history and next(iter(self._history.values())) < oldest:
            self._history.popitem(last=False)
        if message.message_id in self._history:
            return True
        self._history[message.message_id] = now_ms()
        return False

    def _activate(self, sequence: int) -> None:
        message = self.scheduled.pop(sequence, None)
        if message:
            message.state = State.ACTIVE
            message.sequence = message.enqueued_sequence = next(self.sequences)
            self.enqueue(message)
