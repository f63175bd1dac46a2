"""Speech of `azure-speech://<resource-host>`: Azure AI Speech, fast transcription.

Source: learn.microsoft.com, "Use the fast transcription API", and azure-ai-transcription 1.0.0,
which speaks the same version. Without `locales` it finds out the language by itself.
"""

import json
import secrets
from collections.abc import Mapping
from typing import Any

from shared.azure_ai.resource import Resource, Service, code_of
from shared.errors import Unavailable
from shared.ports.speech import Deaf, Transcript, Unheard

VERSION = "2025-10-15"
SERVICE = Service(
    "speech",
    "FABRIC_SPEECH_URL",
    "FABRIC_SPEECH_KEY",
    "Cognitive Services Speech User",
    seconds=60.0,
)
_PATH = "/speechtotext/transcriptions"
_DEFINITION = json.dumps({"profanityFilterMode": "None"})
_REASONS: Mapping[str, Deaf] = {
    "EmptyAudioFile": Deaf.SILENT,
    "NoLanguageIdentified": Deaf.LANGUAGE,
    "AudioLengthLimitExceeded": Deaf.TOO_LONG,
}


class AzureSpeech:
    def __init__(self, resource: Resource) -> None:
        self._resource = resource

    async def transcribe(self, sound: bytes) -> Transcript:
        boundary = secrets.token_hex(16)
        answer = await self._resource.request(
            "POST",
            f"{_PATH}:transcribe?api-version={VERSION}",
            headers={"content-type": f"multipart/form-data; boundary={boundary}"},
            body=_form(sound, boundary),
        )
        if answer.status == 413:
            raise Unheard(Deaf.TOO_LONG, "speech answers 413")
        if answer.status != 200:
            code = code_of(answer)
            reason = _REASONS.get(code, Deaf.UNKNOWN)
            raise Unheard(reason, f"speech answers {answer.status} {code}".strip())
        return _transcript(answer.json())

    async def check(self) -> str:
        return await self._resource.check("GET", f"{_PATH}/locales?api-version={VERSION}")

    async def close(self) -> None:
        await self._resource.close()


def _form(sound: bytes, boundary: str) -> bytes:
    """Audio and definition as multipart/form-data (RFC 7578)."""
    head = 'Content-Disposition: form-data; name="{}"'
    lines = (
        *(f"--{boundary}", head.format("definition"), ""),
        *(_DEFINITION, f"--{boundary}", f'{head.format("audio")}; filename="audio"'),
        *("Content-Type: application/octet-stream", "", ""),
    )
    return "\r\n".join(lines).encode() + sound + f"\r\n--{boundary}--\r\n".encode()


def _transcript(answer: Any) -> Transcript:
    """Raises Unavailable for what is none."""
    try:
        texts = [str(phrase["text"]).strip() for phrase in answer["combinedPhrases"]]
        seconds = int(answer["durationMilliseconds"]) / 1000
    except (TypeError, KeyError, ValueError):
        raise Unavailable("speech: its answer cannot be read", maybe_done=True) from None
    return Transcript("\n".join(filter(None, texts)), max(0.0, seconds))
