"""Fast transcription as Azure AI Speech answers it, of recordings that carry their own text."""

import json
from typing import Any

from aiohttp import web

from stand_ins.resource import ResourceServer
from stand_ins.server import Settings
from stand_ins.speech.sound import NoRecording, Recording, play

LONGEST_SECONDS = 7_200.0


class SpeechServer(ResourceServer):
    @property
    def settings(self) -> Settings:
        return {"FABRIC_SPEECH_URL": f"azure-speech://{self.host}", "FABRIC_SPEECH_KEY": self.key}

    def routes(self, router: web.UrlDispatcher) -> None:
        router.add_post("/speechtotext/transcriptions:transcribe", self._transcribe)
        router.add_get("/speechtotext/transcriptions/locales", self._locales)

    async def _locales(self, request: web.Request) -> web.Response:
        return web.json_response(["en-US", "de-DE"])

    async def _transcribe(self, request: web.Request) -> web.Response:
        form = await request.post()
        audio = form.get("audio")
        if not isinstance(audio, web.FileField) or not _is_definition(form.get("definition")):
            return _refused(400, "InvalidRequest", "MissingAudio")
        content = audio.file.read()
        if not content:
            return _refused(400, "InvalidArgument", "EmptyAudioFile")
        try:
            recording = play(content)
        except NoRecording:
            return _refused(400, "InvalidArgument", "InvalidAudioFormat")
        if recording.seconds > LONGEST_SECONDS:
            return _refused(400, "InvalidArgument", "AudioLengthLimitExceeded")
        if not recording.language:
            return _refused(422, "UnprocessableEntity", "NoLanguageIdentified")
        return web.json_response(_result(recording))


def _is_definition(part: object) -> bool:
    """Whether a part is JSON: a text, or as its sender calls it, a file of JSON."""
    content: Any = part.file.read() if isinstance(part, web.FileField) else part
    try:
        return isinstance(content, str | bytes | bytearray) and isinstance(
            json.loads(content), dict
        )
    except ValueError:
        return False


def _result(recording: Recording) -> dict[str, object]:
    milliseconds, text = round(recording.seconds * 1000), recording.text
    phrase = {
        "offsetMilliseconds": 0,
        "durationMilliseconds": milliseconds,
        "text": text,
        "locale": recording.language,
        "confidence": 0.9,
    }
    return {
        "durationMilliseconds": milliseconds,
        "combinedPhrases": [{"text": text}] if text else [],
        "phrases": [phrase] if text else [],
    }


def _refused(status: int, code: str, inner: str) -> web.Response:
    """As the service words it: its reason may quote what was said."""
    inside = {"code": inner, "message": "no: SECRET WORDS OF A PERSON"}
    body = {"code": code, "message": "no: SECRET WORDS OF A PERSON", "innerError": inside}
    return web.json_response(body, status=status)
