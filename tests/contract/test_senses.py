"""The vendor's own clients take the stand-ins for the services, and hear what the adapters hear."""

from collections.abc import AsyncIterator
from io import BytesIO

import pytest
from azure.ai.documentintelligence.aio import DocumentIntelligenceClient
from azure.ai.transcription.aio import TranscriptionClient
from azure.ai.transcription.models import TranscriptionContent, TranscriptionOptions
from azure.ai.translation.text.aio import TextTranslationClient
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import HttpResponseError

from stand_ins.documents.scan import scanned_pdf
from stand_ins.resource import KEY
from stand_ins.speech.sound import Recording, record
from tests.unit.media.senses import Services, running

QUESTION = "How long do refunds take?"
POLISH = "Jak długo trwa zwrot pieniędzy?"
OPTIONS = TranscriptionOptions(profanity_filter_mode="None")
"""An empty one the client does not send."""

CREDENTIAL = AzureKeyCredential(KEY)


@pytest.fixture
async def services() -> AsyncIterator[Services]:
    async with running() as found:
        yield found


async def test_speech(services: Services) -> None:
    sound = record(Recording(QUESTION, 2.5))
    async with TranscriptionClient(services.speech.url, CREDENTIAL) as client:
        found = await client.transcribe(
            TranscriptionContent(definition=OPTIONS, audio=("note.ogg", sound))
        )

    assert [phrase.text for phrase in found.combined_phrases] == [QUESTION]
    assert found.duration_milliseconds == 2500
    assert found.phrases[0].locale == "en-US"


async def test_speech_refuses_what_is_no_recording(services: Services) -> None:
    async with TranscriptionClient(services.speech.url, CREDENTIAL) as client:
        with pytest.raises(HttpResponseError) as refused:
            await client.transcribe(
                TranscriptionContent(definition=OPTIONS, audio=("note.ogg", b"no sound"))
            )

    assert refused.value.status_code == 400


async def test_translator(services: Services) -> None:
    endpoint = f"{services.translator.url}/translator/text/v3.0"
    async with TextTranslationClient(endpoint=endpoint, credential=CREDENTIAL) as client:
        [found] = await client.translate(body=[POLISH], to_language=["en"])

    assert found.translations[0].text == QUESTION
    assert found.detected_language is not None
    assert found.detected_language.language == "pl"


async def test_translator_refuses_a_language_by_its_code(services: Services) -> None:
    endpoint = f"{services.translator.url}/translator/text/v3.0"
    async with TextTranslationClient(endpoint=endpoint, credential=CREDENTIAL) as client:
        with pytest.raises(HttpResponseError) as refused:
            await client.translate(body=[POLISH], to_language=["tlh"])

    assert refused.value.error is not None
    assert str(refused.value.error.code) == "400036"


async def test_document_intelligence(services: Services) -> None:
    async with DocumentIntelligenceClient(services.documents.url, CREDENTIAL) as client:
        poller = await client.begin_analyze_document(
            "prebuilt-read", body=BytesIO(scanned_pdf(["Invoice 7", "Total 20 EUR"]))
        )
        found = await poller.result()

    assert found.content == "Invoice 7\nTotal 20 EUR"
    assert [page.page_number for page in found.pages] == [1, 2]
