"""The services that hear, translate and read scans take their faults over HTTP."""

from collections.abc import AsyncIterator

import pytest

from shared.clients.http import HttpClient
from stand_ins.documents.server import DocumentsServer
from stand_ins.resource import KEY, KEY_HEADER, ResourceServer
from stand_ins.speech.server import SpeechServer
from stand_ins.speech.sound import Recording, play, record
from stand_ins.translator.server import TranslatorServer

HEADERS = {KEY_HEADER: KEY}


@pytest.fixture
async def http() -> AsyncIterator[HttpClient]:
    client = HttpClient(timeout=2)
    yield client
    await client.close()


@pytest.mark.parametrize("make", [SpeechServer, TranslatorServer, DocumentsServer])
async def test_a_fault_is_switched_on_for_some_requests_and_off(
    http: HttpClient, make: type[ResourceServer]
) -> None:
    async with make() as server:
        fault, anything = f"{server.url}/_stand_in/fault", f"{server.url}/nothing"
        throttled = {"kind": "status", "status": 429, "headers": {"Retry-After": "1"}, "count": 2}
        await http.request("PUT", fault, json=throttled)
        answers = [await http.request("GET", anything, headers=HEADERS) for _ in range(3)]
        await http.request("PUT", fault, json={"status": 503, "count": 9})
        await http.request("DELETE", fault)
        mended = await http.request("GET", anything, headers=HEADERS)

    assert [answer.status for answer in (*answers, mended)] == [429, 429, 404, 404]
    assert answers[0].retry_after == 1.0


@pytest.mark.parametrize("wrong", [{"kind": "broken"}, {"seconds": 2}])
async def test_what_is_no_fault_is_refused(http: HttpClient, wrong: dict[str, object]) -> None:
    async with SpeechServer() as server:
        answer = await http.request("PUT", f"{server.url}/_stand_in/fault", json=wrong)

    assert answer.status == 400


async def test_without_its_key_nothing_is_answered(http: HttpClient) -> None:
    async with TranslatorServer() as server:
        place = f"{server.url}/translator/text/v3.0/translate?to=en"
        answer = await http.request("POST", place, json=[{"Text": "Danke!"}])

    assert answer.status == 401


@pytest.mark.parametrize("kind", ["wav", "ogg"])
def test_a_recording_keeps_what_was_said(kind: str) -> None:
    said = Recording("Grüße, " * 100, 12.5, "de-DE")

    assert play(record(said, "wav" if kind == "wav" else "ogg")) == said
