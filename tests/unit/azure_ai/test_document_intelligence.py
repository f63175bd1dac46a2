"""Scans and photos reach the service, which is asked until it has read them."""

import pytest
from aiohttp import web

from shared.azure_ai.document_intelligence import (
    LEAST_SECONDS,
    RESULT_SECONDS,
    SERVICE,
    AzureDocumentIntelligence,
)
from shared.errors import Unavailable
from shared.ports.scans import NoScan, Scan
from stand_ins.documents.scan import photo, scanned_pdf
from stand_ins.documents.server import DocumentsServer
from stand_ins.openai.faults import Fault
from tests.unit.azure_ai.conftest import Waits, resource


async def test_a_scan_becomes_text_page_by_page(
    reading: AzureDocumentIntelligence, waits: Waits
) -> None:
    scan = await reading.read(scanned_pdf(["Invoice 7", "Total 20 EUR"]), 2)

    assert scan == Scan("Invoice 7\nTotal 20 EUR", 2)
    assert waits.seconds == [LEAST_SECONDS]


async def test_a_photo_of_a_page_becomes_text(reading: AzureDocumentIntelligence) -> None:
    assert await reading.read(photo("Order 4711"), 1) == Scan("Order 4711", 1)


async def test_a_file_that_is_no_scan_is_refused(reading: AzureDocumentIntelligence) -> None:
    with pytest.raises(NoScan, match="400 InvalidContent") as refused:
        await reading.read(b"PK\x03\x04", 1)

    assert "SECRET" not in str(refused.value)


async def test_a_file_that_is_locked_is_refused(reading: AzureDocumentIntelligence) -> None:
    with pytest.raises(NoScan, match="400 UnsupportedContent"):
        await reading.read(b"%PDF-1.7\ntrailer << /Encrypt 9 0 R >>", 1)


async def test_a_result_that_is_lost_may_have_been_billed(
    reading: AzureDocumentIntelligence, documents_service: DocumentsServer
) -> None:
    documents_service.fail(Fault("none"))
    documents_service.fail(Fault(status=503), 3)

    with pytest.raises(Unavailable) as lost:
        await reading.read(photo("Order 4711"), 1)

    assert lost.value.maybe_done
    assert len(documents_service.asked) == 4


async def test_the_key_goes_to_the_resource_alone(
    documents_service: DocumentsServer, waits: Waits
) -> None:
    """Whatever the answer names as the place of the result."""

    async def elsewhere(request: web.Request) -> web.Response:
        headers = {"Operation-Location": f"{documents_service.url}/documentintelligence/info"}
        return web.Response(status=202, headers=headers)

    app = web.Application()
    app.router.add_post("/documentintelligence/documentModels/{model}", elsewhere)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    reading = AzureDocumentIntelligence(resource(SERVICE, url, waits), sleep=waits)

    with pytest.raises(Unavailable, match="cannot be read"):
        await reading.read(photo("Order 4711"), 1)

    await reading.close()
    await runner.cleanup()
    assert documents_service.asked == []


def test_a_result_is_waited_for_less_long_than_a_turn_has() -> None:
    assert RESULT_SECONDS + SERVICE.seconds < 240
