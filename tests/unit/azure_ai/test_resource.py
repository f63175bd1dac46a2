"""What is no fault of the request: throttled, down, slow, set up wrongly; for each service."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from shared.azure_ai.document_intelligence import AzureDocumentIntelligence
from shared.azure_ai.resource import MENDING, TRIES
from shared.azure_ai.speech import SERVICE, AzureSpeech
from shared.azure_ai.translator import AzureTranslator
from shared.errors import Unavailable
from stand_ins.documents.scan import photo
from stand_ins.documents.server import DocumentsServer
from stand_ins.openai.faults import Fault
from stand_ins.resource import ResourceServer
from stand_ins.speech.server import SpeechServer
from stand_ins.speech.sound import Recording, record
from stand_ins.translator.server import TranslatorServer
from tests.unit.azure_ai.conftest import Waits, resource

SOUND = record(Recording("How long do refunds take?", 2.0))
Ask = Callable[[], Awaitable[object]]


@pytest.fixture(params=["speech", "translator", "documents"])
def asked(  # noqa: PLR0917 -- pytest binds them by name
    request: pytest.FixtureRequest,
    speech_service: SpeechServer,
    translator_service: TranslatorServer,
    documents_service: DocumentsServer,
    listening: AzureSpeech,
    translating: AzureTranslator,
    reading: AzureDocumentIntelligence,
) -> tuple[str, ResourceServer, Ask]:
    """A service by its name, its stand-in, and one call of it."""
    name: str = request.param
    known: dict[str, tuple[ResourceServer, Ask]] = {
        "speech": (speech_service, lambda: listening.transcribe(SOUND)),
        "translator": (translator_service, lambda: translating.translate("Thank you!", "de")),
        "documents": (documents_service, lambda: reading.read(photo("Order 4711"), 1)),
    }
    return name, *known[name]


@pytest.mark.parametrize("status", [408, 429, 500, 503])
async def test_a_hiccup_is_tried_again_in_place(
    asked: tuple[str, ResourceServer, Ask], waits: Waits, status: int
) -> None:
    _, service, ask = asked
    service.fail(Fault(status=status))

    assert await ask()
    assert 0 < waits.seconds[0] <= 1.0


@pytest.mark.parametrize("status", [429, 503])
async def test_what_lasts_is_left_to_the_queue(
    asked: tuple[str, ResourceServer, Ask], status: int
) -> None:
    name, service, ask = asked
    service.fail(Fault(status=status), TRIES)

    with pytest.raises(Unavailable, match=f"{name} answers {status}") as error:
        await ask()

    assert len(service.asked) == TRIES
    assert "SECRET" not in str(error.value)


async def test_a_long_wait_that_it_asks_for_is_left_to_the_queue(
    asked: tuple[str, ResourceServer, Ask], waits: Waits
) -> None:
    _, service, ask = asked
    service.fail(Fault(status=429, headers={"Retry-After": "30"}))

    with pytest.raises(Unavailable) as error:
        await ask()

    assert (error.value.after, waits.seconds) == (30.0, [])
    with pytest.raises(Unavailable, match="it rests"):
        await ask()
    assert len(service.asked) == 1


async def test_a_service_that_keeps_failing_is_spared(
    asked: tuple[str, ResourceServer, Ask],
) -> None:
    name, service, ask = asked
    service.fail(Fault(status=500), 99)
    for _ in range(4):
        with pytest.raises(Unavailable):
            await ask()

    assert len(service.asked) == TRIES
    with pytest.raises(Unavailable, match=f"{name} answers 500; it rests"):
        await ask()


async def test_an_answer_that_is_lost_is_not_asked_for_twice(
    asked: tuple[str, ResourceServer, Ask],
) -> None:
    _, service, ask = asked
    service.fail(Fault("drop"))

    with pytest.raises(Unavailable) as error:
        await ask()

    assert error.value.maybe_done
    assert len(service.asked) == 1


async def test_a_page_where_json_is_spoken_is_no_answer(
    asked: tuple[str, ResourceServer, Ask],
) -> None:
    name, service, ask = asked
    service.fail(Fault("garbage"), TRIES)

    with pytest.raises(Unavailable, match=f"check FABRIC_{name.upper()}_URL"):
        await ask()


async def test_a_key_that_is_refused_is_named(asked: tuple[str, ResourceServer, Ask]) -> None:
    name, service, ask = asked
    service.key = "another"

    with pytest.raises(Unavailable, match=f"check FABRIC_{name.upper()}_KEY") as error:
        await ask()

    assert error.value.after == MENDING


async def test_a_key_that_was_changed_is_read_again(
    speech_service: SpeechServer, waits: Waits
) -> None:
    async def key(*, refused: str = "") -> str:
        return "newer" if refused == "older" else "older"

    speech_service.key = "newer"
    opened = resource(SERVICE, speech_service.url, waits, key)

    assert (await AzureSpeech(opened).transcribe(SOUND)).text
    await opened.close()


async def test_without_key_and_identity_it_says_what_to_set(
    speech_service: SpeechServer, waits: Waits
) -> None:
    opened = resource(SERVICE, speech_service.url, waits, None)

    with pytest.raises(Unavailable, match=r"set FABRIC_SPEECH_KEY, or .* Speech User"):
        await AzureSpeech(opened).transcribe(SOUND)

    assert speech_service.asked == []


async def test_a_slow_service_is_given_up(speech_service: SpeechServer, waits: Waits) -> None:
    hasty = AzureSpeech(resource(replace(SERVICE, seconds=0.2), speech_service.url, waits))
    speech_service.fail(Fault("hang"))

    with pytest.raises(Unavailable) as error:
        await hasty.transcribe(SOUND)

    assert error.value.maybe_done
    await hasty.close()
