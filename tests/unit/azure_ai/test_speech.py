"""Recordings reach the service, and what it says of them is told apart."""

import pytest

from shared.azure_ai.speech import AzureSpeech
from shared.ports.speech import Deaf, Transcript, Unheard
from stand_ins.speech.server import SpeechServer
from stand_ins.speech.sound import Recording, record

QUESTION = "How long do refunds take?"


@pytest.mark.parametrize("kind", ["wav", "ogg"])
async def test_a_recording_becomes_text_and_has_a_length(
    listening: AzureSpeech, kind: "str"
) -> None:
    sound = record(Recording(QUESTION, 2.5), "wav" if kind == "wav" else "ogg")

    assert await listening.transcribe(sound) == Transcript(QUESTION, 2.5)


async def test_silence_has_no_text_and_is_billed(listening: AzureSpeech) -> None:
    assert await listening.transcribe(record(Recording("", 4.0))) == Transcript("", 4.0)


@pytest.mark.parametrize(
    ("sound", "reason"),
    [
        (b"", Deaf.SILENT),
        (b"no sound at all", Deaf.UNKNOWN),
        (record(Recording(QUESTION, 7_201.0)), Deaf.TOO_LONG),
        (record(Recording(QUESTION, 1.0, language="")), Deaf.LANGUAGE),
    ],
    ids=["empty", "no sound", "too long", "unknown language"],
)
async def test_a_recording_that_is_refused_says_why(
    listening: AzureSpeech, sound: bytes, reason: Deaf
) -> None:
    with pytest.raises(Unheard) as refused:
        await listening.transcribe(sound)

    assert refused.value.reason is reason
    assert "SECRET" not in str(refused.value)


async def test_its_health_costs_nothing(
    listening: AzureSpeech, speech_service: SpeechServer
) -> None:
    assert await listening.check() == ""
    assert speech_service.asked == ["GET /speechtotext/transcriptions/locales"]
