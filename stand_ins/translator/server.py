"""Text translation as Azure AI Translator 3.0 answers it, with a small dictionary."""

from aiohttp import web

from stand_ins.resource import ResourceServer
from stand_ins.server import Settings
from stand_ins.translator.dictionary import LANGUAGES, detect, translate

MAX_CHARACTERS = 50_000


class TranslatorServer(ResourceServer):
    """`billed` counts the characters."""

    billed = 0

    @property
    def settings(self) -> Settings:
        return {
            "FABRIC_TRANSLATOR_URL": f"azure-translator://{self.host}",
            "FABRIC_TRANSLATOR_KEY": self.key,
        }

    def routes(self, router: web.UrlDispatcher) -> None:
        router.add_post("/translator/text/v3.0/translate", self._translate)

    async def _translate(self, request: web.Request) -> web.Response:
        to, body = request.query.get("to", ""), await request.json()
        if not isinstance(body, list) or not body:
            return _refused(400003)
        if to not in LANGUAGES:
            return _refused(400036)
        texts = [str(one.get("Text", one.get("text", ""))) for one in body]
        characters = sum(map(len, texts))
        if characters > MAX_CHARACTERS:
            return _refused(400050)
        self.billed += characters
        answer = [_translated(text, to) for text in texts]
        return web.json_response(answer, headers={"X-Metered-Usage": str(characters)})


def _translated(text: str, to: str) -> dict[str, object]:
    language, score = detect(text)
    translation = {"text": translate(text, language, to), "to": to}
    detected = {"language": language, "score": score}
    return {"detectedLanguage": detected, "translations": [translation]}


def _refused(code: int) -> web.Response:
    error = {"code": code, "message": "no: SECRET WORDS OF A PERSON"}
    return web.json_response({"error": error}, status=400)
