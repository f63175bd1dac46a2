"""A faulty channel fails the check that is named after its fault, and no other."""

import json

import pytest

from conformance.channel import verify_channel
from shared.activity import Activity, ConversationReference
from shared.bot import Bot
from shared.errors import Rejected
from shared.ports.channel import Channel, Inbound, Received, Request
from tests.lab import MemoryChannel

BOT = Bot("desk", "Desk", "desk@contoso.example", "IT", ["echo"], "echo")


class Trusting(MemoryChannel):
    """Takes whatever has a type for an activity."""

    async def receive(self, request: Request) -> Received:
        try:
            body = json.loads(request.body)
        except (ValueError, RecursionError) as error:
            raise Rejected(400, "no_json") from error
        if not isinstance(body, dict) or "type" not in body:
            return Received()
        return Received([Inbound(BOT, ConversationReference("desk", "web", "one"), Activity(body))])


class Fragile(MemoryChannel):
    """Lets the parser's errors through."""

    async def receive(self, request: Request) -> Received:
        json.loads(request.body)["entry"]
        return Received()


class Cutting(MemoryChannel):
    """Sends what fits, and drops the rest."""

    def split(self, activity: Activity) -> list[Activity]:
        return [Activity(activity, text=activity.text[:4096])]


class Stuck(MemoryChannel):
    """Allows no message at all."""

    limits = ((0, 1.0),)


@pytest.mark.parametrize(
    ("channel", "broken"),
    [
        (MemoryChannel(), []),
        (Trusting(), ["refuses"]),
        (Fragile(), ["refuses"]),
        (Cutting(), ["splits-whole"]),
        (Stuck(), ["paces"]),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_each_fault_fails_exactly_its_check(channel: Channel, broken: list[str]) -> None:
    promises = await verify_channel("sample", channel, "desk")

    assert [promise.name for promise in promises if not promise.holds] == broken
