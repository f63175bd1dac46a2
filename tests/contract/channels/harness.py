"""What the suite needs to know of a channel; one small class for each in this directory."""

from typing import Protocol, Self

from shared.activity import Activity
from shared.bot import Bot
from shared.ports.channel import Channel, Request
from tests.contract.channels.stub import Answer, StubService


class Harness(Protocol):
    """A channel with one bot, entered with `async with`; `sent_id` is the id a send returns."""

    bot: Bot
    sent_id: str

    @property
    def channel(self) -> Channel: ...

    def genuine(self, body: bytes) -> Request:
        """A request with any body that carries the proof the service would send along."""
        ...

    def message(self, text: str, id: str) -> Request:
        """A genuine request in which a person says `text`."""
        ...

    def forged(self) -> Request:
        """A well-formed message that the service did not send."""
        ...

    def fits(self, activity: Activity) -> bool:
        """Whether the service takes this as one message."""
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *_: object) -> None: ...


class RemoteHarness(Harness, Protocol):
    """A channel that sends to another service, here the stub `service`.

    `throttled` is its answer for "not before 7 seconds from now"; `gone` is None when it never
    says that a conversation is.
    """

    service: StubService
    throttled: Answer
    refused: Answer
    gone: Answer | None
