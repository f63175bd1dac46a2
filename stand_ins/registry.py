"""Every stand-in there is, in the order in which they start.

A new one is a folder with a `Server`, a function here that makes it, a line in `SERVICES`, and a
section in docs/stand-ins.md.
"""

from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from shared.queues import EVENTS
from stand_ins.azurite.process import missing as missing_azurite
from stand_ins.server import Server, Settings
from stand_ins.surroundings import Queue, Surroundings


@dataclass(frozen=True)
class Service:
    """A service that is stood in for.

    `missing()` says what this machine lacks to start it, "" when nothing.
    """

    name: str
    make: Callable[[Surroundings], Server]
    missing: Callable[[], str] = lambda: ""


def _service_bus(around: Surroundings) -> Server:
    from stand_ins.servicebus.server import ServiceBusServer

    return ServiceBusServer.of_app(around.queues)


def _cosmos(around: Surroundings) -> Server:
    from stand_ins.cosmos.server import CosmosServer

    return CosmosServer()


def _azurite(around: Surroundings) -> Server:
    from stand_ins.azurite.server import AzuriteServer

    return AzuriteServer()


def _event_grid(around: Surroundings) -> Server:
    from stand_ins.eventgrid.server import EventGridServer
    from stand_ins.eventgrid.subscriptions import QueueSubscription

    queue = QueueSubscription(around.settings["ServiceBusConnection"], EVENTS)
    return EventGridServer(queue.deliver, close=queue.close)


def _openai(around: Surroundings) -> Server:
    from stand_ins.openai.server import OpenAIServer

    return OpenAIServer()


def _crm(around: Surroundings) -> Server:
    from stand_ins.crm.server import CrmServer

    return CrmServer()


def _entra(around: Surroundings) -> Server:
    from stand_ins.entra.server import EntraServer

    return EntraServer()


def _speech(around: Surroundings) -> Server:
    from stand_ins.speech.server import SpeechServer

    return SpeechServer()


def _translator(around: Surroundings) -> Server:
    from stand_ins.translator.server import TranslatorServer

    return TranslatorServer()


def _documents(around: Surroundings) -> Server:
    from stand_ins.documents.server import DocumentsServer

    return DocumentsServer()


def _ai_search(around: Surroundings) -> Server:
    from stand_ins.aisearch.server import SearchServer

    return SearchServer()


SERVICES: Sequence[Service] = (
    Service("Service Bus", _service_bus),
    Service("Cosmos DB", _cosmos),
    Service("Storage", _azurite, missing=missing_azurite),
    Service("Event Grid", _event_grid),
    Service("OpenAI", _openai),
    Service("CRM", _crm),
    Service("Entra", _entra),
    Service("Speech", _speech),
    Service("Translator", _translator),
    Service("Document Intelligence", _documents),
    Service("AI Search", _ai_search),
)


@dataclass(frozen=True)
class Left:
    """A service that was not started, and what it would need."""

    name: str
    reason: str


class StandIns:
    """All of them: entered, each that can start listens; left, each is stopped."""

    def __init__(self, queues: Sequence[Queue], services: Sequence[Service] = SERVICES) -> None:
        self._queues = queues
        self._services = services
        self._stack = AsyncExitStack()
        self.running: dict[str, Server] = {}
        self.left: list[Left] = []

    @property
    def settings(self) -> Settings:
        """What to export so that the app uses them all."""
        return {
            name: value
            for server in self.running.values()
            for name, value in server.settings.items()
        }

    async def __aenter__(self) -> Self:
        try:
            for service in self._services:
                if reason := service.missing():
                    self.left.append(Left(service.name, reason))
                    continue
                server = service.make(Surroundings(self._queues, self.settings))
                self.running[service.name] = await self._stack.enter_async_context(server)
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._stack.__aexit__(kind, error, traceback)
