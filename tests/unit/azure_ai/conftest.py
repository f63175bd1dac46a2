"""The three services, as stand-ins, and their adapters; a wait in place takes no time."""

from collections.abc import AsyncIterator
from typing import NoReturn

import pytest

from shared.azure_ai import document_intelligence, speech, translator
from shared.azure_ai.document_intelligence import AzureDocumentIntelligence
from shared.azure_ai.resource import Key, Resource, Service
from shared.azure_ai.speech import AzureSpeech
from shared.azure_ai.translator import AzureTranslator
from stand_ins.documents.server import DocumentsServer
from stand_ins.resource import KEY
from stand_ins.speech.server import SpeechServer
from stand_ins.translator.server import TranslatorServer


class Waits:
    """What was waited for, in seconds."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


async def key(*, refused: str = "") -> str:
    return KEY


def nobody() -> NoReturn:
    raise RuntimeError("nobody is signed in")


def resource(service: Service, url: str, waits: Waits, key: Key | None = key) -> Resource:
    return Resource(service, url, key=key, credential=nobody, sleep=waits)


@pytest.fixture
def waits() -> Waits:
    return Waits()


@pytest.fixture
async def speech_service() -> AsyncIterator[SpeechServer]:
    async with SpeechServer() as server:
        yield server


@pytest.fixture
async def translator_service() -> AsyncIterator[TranslatorServer]:
    async with TranslatorServer() as server:
        yield server


@pytest.fixture
async def documents_service() -> AsyncIterator[DocumentsServer]:
    async with DocumentsServer() as server:
        yield server


@pytest.fixture
async def listening(speech_service: SpeechServer, waits: Waits) -> AsyncIterator[AzureSpeech]:
    made = AzureSpeech(resource(speech.SERVICE, speech_service.url, waits))
    yield made
    await made.close()


@pytest.fixture
async def translating(
    translator_service: TranslatorServer, waits: Waits
) -> AsyncIterator[AzureTranslator]:
    made = AzureTranslator(resource(translator.SERVICE, translator_service.url, waits))
    yield made
    await made.close()


@pytest.fixture
async def reading(
    documents_service: DocumentsServer, waits: Waits
) -> AsyncIterator[AzureDocumentIntelligence]:
    opened = resource(document_intelligence.SERVICE, documents_service.url, waits)
    made = AzureDocumentIntelligence(opened, sleep=waits)
    yield made
    await made.close()
